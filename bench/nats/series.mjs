// So many jobs, so many of them at once.

/**
 * @param {{ jobs: number, window: number }} size
 * @param {() => Promise<unknown>} job
 * @returns How long all took, and each, in milliseconds.
 */
export async function series({ jobs, window }, job) {
  const times = [];
  let left = jobs;
  const begin = performance.now();
  const one = async () => {
    while (left-- > 0) {
      const start = performance.now();
      await job();
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: window }, one));
  return { took: performance.now() - begin, times };
}

/** @param {number[]} times @param {number} part */
export function quantile(times, part) {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
