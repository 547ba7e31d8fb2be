// What a worker keeps between jobs.
import { appendFileSync, existsSync } from "node:fs";

const kept = [];
const running = new Set();

export const setup = (data) => {
  if (String(data).startsWith("broken")) throw new Error("broken data");
  if (data !== undefined) kept.push(data);
};

export const keep = (value) => {
  if (value === "refused") throw new RangeError("refused");
  kept.push(value);
  return value;
};

export const slowKeep = async (value) => {
  await new Promise((resolve) => setTimeout(resolve, 30));
  kept.push(value);
};

export default () => ({ pid: process.pid, kept: [...kept] });

/** Which worker this is: threads have the same pid. */
const me = `${process.pid} ${Math.random()}`;
export const who = () => me;

/** Runs until the file is there; throws if another job of the key runs in this worker. */
export const alone = async ({ key, file }) => {
  if (running.has(key)) throw new Error(`two jobs of ${key} at once`);
  running.add(key);
  if (file) appendFileSync(`${file}.log`, `begins ${key}\n`);
  while (file && !existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setImmediate(resolve));
  running.delete(key);
  if (file) appendFileSync(`${file}.log`, `ends ${key}\n`);
  return me;
};

let served = false;
export const serves = () => {
  served = true;
};

/** Does harm in a worker that has not served before. */
export const harmless = (how) => {
  if (served) return;
  if (how === "leaves") process.exit(9);
  return new Promise(() => {});
};

export const leaves = (code) => process.exit(code);
