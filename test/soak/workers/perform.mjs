// What the soak's workers of both contracts do. That a job begins is noted before anything else, where a worker's death
// can't take it back: in a file that is written at once, or for threads in memory that they share with the program.
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

let file = null;

function note(n, first, journal) {
  if (typeof journal === "string") {
    file ??= openSync(join(journal, String(process.pid)), "a");
    writeSync(file, `${n}\n`);
  } else {
    Atomics.add(new Int32Array(journal), n - first, 1);
  }
}

/** The answer to a job, made of its number and of what it brought. */
async function perform({ n, first, journal, does, ms, code, given, size }, signal) {
  note(n, first, journal);
  if (given !== String(n).padStart(given.length, "<")) throw new Error(`job ${n} got another job's arguments`);
  if (does === "throw") throw Object.assign(new RangeError(`soak ${n}`), { n });
  if (does === "exit") process.exit(code);
  if (does === "collect") globalThis.Bun ? globalThis.Bun.gc(true) : globalThis.gc?.();
  if (does === "hang") { for (;;); }
  if (does === "spin") { for (const end = performance.now() + ms; performance.now() < end;); }
  if (does === "sleep") await new Promise((resolve) => setTimeout(resolve, ms));
  if (does === "wait") await forEver(signal?.());
  return { n, square: n * n, text: String(n).padStart(size, ">") };
}

/** Until somebody aborts it, if the job has taken the signal. */
function forEver(signal) {
  return new Promise((_, reject) => {
    const timer = setInterval(() => {}, 1_000);
    signal?.addEventListener("abort", () => {
      clearInterval(timer);
      reject(signal.reason);
    });
  });
}

export { perform };
