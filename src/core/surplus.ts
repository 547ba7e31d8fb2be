/**
 * Which workers go when there are more than a budget allows.
 *
 * @module
 */

import type { Worker } from "./worker.ts";

/**
 * Those that are to go now. Nothing that runs is cut short: of workers with one place whoever is free first goes, when it is. One with
 * more places, or with jobs ahead, might never be free: those with the fewest jobs take no more.
 *
 * @param most How many may stay. Those that are on their way out don't count.
 */
export function surplus(workers: Iterable<Worker>, most: number, concurrency: number): Worker[] {
  const [idle, starting, busy]: [Worker[], Worker[], Worker[]] = [[], [], []];
  for (const worker of workers) {
    if (worker.state.at === "idle") idle.push(worker);
    else if (worker.state.at === "starting") starting.push(worker);
    else if (worker.state.at === "busy") busy.push(worker);
  }
  const over = idle.length + starting.length + busy.length - most;
  if (over <= 0) return [];
  const never = busy.filter((worker) => concurrency > 1 || worker.ahead > 0);
  return [...idle, ...starting, ...never.sort((a, b) => a.jobs.size - b.jobs.size)].slice(0, over);
}
