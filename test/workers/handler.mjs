// The modern contract.
import process from "node:process";
import { appendFileSync } from "node:fs";
import { perform, spin } from "./perform.mjs";

export default perform;

export const double = (n) => n * 2;

export const context = (_, { job, signal }) => ({ ...job, aborted: signal.aborted });

/** Waits first if it is to, so that others run meanwhile. */
export const trace = async (ms, { trace }) => {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  return trace;
};

/** The same, but that it ends its worker the first time. */
export const traceOfRetry = (_, { trace, job }) => {
  if (job.attempt === 1) process.exit(1);
  return trace;
};

/** Stops when it is told to. */
export const patient = (ms, { signal }) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("done"), ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

/** Notes in the file that it has begun, and that it was told to stop; then it does, if it heeds that. */
export const notes = ({ file, heeds }, { signal }) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("late"), 20_000);
    signal.addEventListener("abort", () => {
      appendFileSync(file, "heard\n");
      if (!heeds) return;
      clearTimeout(timer);
      reject(signal.reason);
    });
    appendFileSync(file, "begun\n");
  });

/** Takes the signal and goes on regardless. */
export const stubborn = async (ms, { signal }) => {
  void signal;
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "late";
};

/** Reports one value after the other; with `ms`, so many milliseconds apart, otherwise without letting its loop turn. */
export const reports = async ({ values, ms }, { progress }) => {
  for (const value of values) {
    progress(value);
    if (ms) await new Promise((resolve) => setTimeout(resolve, ms));
  }
  return "reported";
};

/** Reports what goes to another thread, and to no other machine. */
export const reportsShared = (_, { progress }) => {
  progress(new SharedArrayBuffer(8));
  return "reported";
};

/** Reports what no line carries, and gives what that throws. */
export const reportsBadly = (first, { progress }) => {
  if (first) progress(first);
  try {
    progress({ deep: [() => {}] });
  } catch ({ code, message }) {
    return { code, message };
  }
};

/** Reports, and blocks its loop. */
export const reportsAndSpins = (spinning, { progress }) => {
  progress("before");
  spin(spinning);
  progress("after");
};

export const moved = (size, { transfer }) => {
  const bytes = new Uint8Array(size).fill(3);
  return transfer(bytes, [bytes.buffer]);
};

export const notATask = 42;
