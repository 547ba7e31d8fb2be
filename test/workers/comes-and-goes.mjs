// Begins, waits, blocks, leaves and dies, and tells a file which jobs have begun.
import { appendFileSync, existsSync } from "node:fs";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

export default (value) => value;

const isProcess = isMainThread && !globalThis.DedicatedWorkerGlobalScope;

/** Notes that it has begun. */
export const note = ({ file, n }) => {
  appendFileSync(file, `${n}\n`);
  return n;
};

/**
 * Says so, and blocks the worker's loop until a file is there; for longer than jobs may follow one another without a look at what has come,
 * and bounded, so that a failing test leaves nothing behind.
 */
export const block = ({ begun, file }) => {
  appendFileSync(begun, "begun\n");
  const began = Date.now();
  while (Date.now() < began + 10 || (!existsSync(file) && Date.now() < began + 20_000));
  return "blocked";
};

/** Waits for the file without blocking. */
export const wait = async (file) => {
  const end = Date.now() + 20_000;
  while (!existsSync(file) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 2));
  return "waited";
};

/** Answers, and the worker leaves in the next turn of its loop. */
export const leave = (value) => {
  setImmediate(() => process.exit(0));
  return value;
};

/** Takes long, answers, and the worker leaves in the next turn of its loop, which takes long, too: so many milliseconds. */
export const leaveSlowly = ({ value, takes }) => {
  process.on("exit", () => spin(takes));
  setImmediate(() => process.exit(0));
  spin(20);
  return value;
};

function spin(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Ends the worker at once, as hard as can be. */
export const die = () => {
  if (isProcess) process.kill(process.pid, "SIGKILL");
  else process.exit(9);
  return new Promise(() => {});
};
