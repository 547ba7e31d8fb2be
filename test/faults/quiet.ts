/** Watches what a program must not hear from a worker pool. */

import assert from "node:assert/strict";
import process from "node:process";

const EVENTS = ["uncaughtException", "unhandledRejection", "warning"] as const;

/** Fails if the process hears of an uncaught error or a warning while `run` runs. */
export async function quietly(run: () => Promise<void>): Promise<void> {
  const heard: string[] = [];
  const listeners = EVENTS.map((event) => [event, (what: unknown) => heard.push(`${event}: ${what}`)] as const);
  for (const [event, listener] of listeners) process.on(event as "warning", listener);
  try {
    await run();
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    for (const [event, listener] of listeners) process.off(event, listener);
  }
  assert.deepEqual(heard, []);
}
