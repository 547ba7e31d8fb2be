// The same, by messages.
const process = require("node:process");
const { openSync, writeSync } = require("node:fs");
const { isMainThread } = require("node:worker_threads");

const files = new Map();

process.on("message", ({ file, n, dies, spins = 0 }) => {
  if (!files.has(file)) files.set(file, openSync(file, "a"));
  writeSync(files.get(file), `${n}\n`);
  if (dies === "exit") process.exit(7);
  if (dies === "kill" && isMainThread && !("DedicatedWorkerGlobalScope" in globalThis)) {
    process.kill(process.pid, "SIGKILL");
  }
  if (dies) process.exit(9);
  for (const end = performance.now() + spins; performance.now() < end;);
  process.send({ n });
});
