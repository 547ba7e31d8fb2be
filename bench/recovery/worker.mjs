// Will not stop by itself, in several ways; bounded, so that a bench that fails leaves nothing for long.
import { execFileSync } from "node:child_process";
import { writeSync } from "node:fs";
import process from "node:process";

const until = (end, work) => {
  while (Date.now() < end) work();
};

const WAYS = {
  spin: () => until(Date.now() + 20_000, () => {}),
  wait: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000),
  child: () => execFileSync("sleep", ["20"]),
  deaf: () => {
    process.on("SIGTERM", () => {});
    WAYS.spin();
  },
  stopped: () => {
    process.kill(process.pid, "SIGSTOP");
    WAYS.spin();
  },
  flood: () =>
    until(Date.now() + 20_000, () => {
      try {
        writeSync(1, "x".repeat(1024) + "\n");
      } catch {
        // Full: nobody reads it.
      }
    }),
};

export const hang = (way) => WAYS[way]();

export default (value) => value;
