// Does what keeps a process from noticing anything, for a bounded time. Writes down that it is about to.
import { execFileSync } from "node:child_process";
import { pbkdf2Sync } from "node:crypto";
import { appendFileSync } from "node:fs";
import process from "node:process";
import { brotliCompressSync } from "node:zlib";

const LIMIT = 20_000;
const { LINGERS: how, LINGERS_FILE: file } = process.env;

const spin = () => {
  const end = Date.now() + LIMIT;
  while (Date.now() < end);
};

/** Bytes that are hard to compress. */
const noise = (size) => {
  const bytes = new Uint8Array(size);
  for (let i = 0, state = 1; i < size; i++) bytes[i] = (state = (state * 48271) % 2147483647) >> 8;
  return bytes;
};

const WAYS = {
  idle: () => {},
  loop: spin,
  hash: () => pbkdf2Sync("password", "salt", 2e7, 64, "sha512"),
  compress: () => brotliCompressSync(work),
  wait: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LIMIT),
  child: () => execFileSync("sleep", ["5"]),
  stopped: () => process.kill(process.pid, "SIGSTOP"),
  deaf: () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
    process.on("disconnect", spin);
    return new Promise((resolve) => setTimeout(resolve, LIMIT));
  },
};

const work = how === "compress" ? noise(2e7) : null;
const here = () => appendFileSync(file, `${process.pid}\n`);
if (how.startsWith("load")) here();
if (how === "load-loop") spin();
if (how === "load-await") await new Promise((resolve) => setTimeout(resolve, LIMIT));

export const setup = () => {
  if (how === "idle") here();
};

export default () => {
  if (how !== "idle") here();
  return WAYS[how]();
};
