let running = 0;
let waiting = [];

/** Waits until so many run together; gives the value, and how many ran when it began. */
export default async ({ value, together }) => {
  const ran = ++running;
  await new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length < together) return;
    for (const go of waiting) go();
    waiting = [];
  });
  running--;
  return { value, ran };
};
