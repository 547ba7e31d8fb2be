// Prints on stderr, a line in each turn of its loop.
export default async (job) => {
  for (let line = 0; line < 20; line++) {
    console.error(`line ${line}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return `ended ${job}`;
};
