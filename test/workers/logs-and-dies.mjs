// Notes each job as it begins, in one write, and dies in the middle of some.
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

const files = new Map();

function note(file, line) {
  if (!files.has(file)) files.set(file, openSync(file, "a"));
  writeSync(files.get(file), `${line}\n`);
}

function spin(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}

export function run(job) {
  note(job.file, job.n);
  return go(job);
}

/** Blocks the loop until a file is there; bounded, so that a failing test leaves nothing behind. */
function spinUntil(file) {
  for (const end = performance.now() + 20_000; !existsSync(file) && performance.now() < end;);
}

function go({ n, dies, spins = 0, until }) {
  if (dies === "exit") process.exit(7);
  if (dies === "kill" && isMainThread && !("DedicatedWorkerGlobalScope" in globalThis)) {
    process.kill(process.pid, "SIGKILL");
  }
  if (dies) process.exit(9);
  if (spins > 0) spin(spins);
  if (until) spinUntil(until);
  return { n };
}

export const asynchronous = async (job) => {
  note(job.file, job.n);
  await null;
  return go(job);
};

export const teardown = () => {
  for (const file of files.values()) closeSync(file);
};
