import process from "node:process";

let running = 0;
let waiting = [];

/**
 * Waits until so many run together, in its first run; gives the value, and how many ran when it began. With `exit` it ends its worker
 * instead.
 */
export default async ({ value, together, exit }, { job }) => {
  const ran = ++running;
  await new Promise((resolve) => {
    waiting.push(resolve);
    if (job.attempt === 1 && waiting.length < together) return;
    if (exit) process.exit(exit);
    for (const go of waiting) go();
    waiting = [];
  });
  running--;
  return { value, ran };
};
