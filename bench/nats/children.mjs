// The programs that take part: each a process of its own, which says in lines of JSON what it has to say.
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts one. `line()` gives the next line that it prints; `tell(text)` writes it one; `end()` closes its input, and waits until it is
 * gone.
 *
 * @param {string} file
 * @param {object} options
 */
export function start(file, options) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [path, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  running.add(child);
  const gone = new Promise((resolve) => child.once("exit", resolve));
  void gone.then(() => running.delete(child));
  const lines = [];
  const waiting = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    for (const part of parts) {
      (waiting.shift()?.resolve ?? ((line) => lines.push(line)))(
        JSON.parse(part),
      );
    }
  });
  child.once("exit", (code) => {
    for (const { reject } of waiting) reject(new Error(`${file} has ended with ${code}`));
  });
  return {
    line: () =>
      lines.length > 0
        ? Promise.resolve(lines.shift())
        : new Promise((resolve, reject) => waiting.push({ resolve, reject })),
    tell: (text) => void child.stdin.write(`${text}\n`),
    end() {
      child.stdin.end();
      return gone;
    },
  };
}

/** In such a program: its options; says something; waits for the next line, or for null at the end of its input. */
export const options = () => JSON.parse(process.argv[2]);
export const say = (value) => void process.stdout.write(`${JSON.stringify(value)}\n`);

const told = [];
let wanted = null;
let ended = false;

/** Called once, before anything is waited for. */
export function listen() {
  let rest = "";
  process.stdin.setEncoding("utf8").on("data", (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    told.push(...parts);
    give();
  }).on("end", () => {
    ended = true;
    give();
  });
}

export function next() {
  return new Promise((resolve) => {
    wanted = resolve;
    give();
  });
}

function give() {
  if (!wanted || (told.length === 0 && !ended)) return;
  const resolve = wanted;
  wanted = null;
  resolve(told.length > 0 ? told.shift() : null);
}
