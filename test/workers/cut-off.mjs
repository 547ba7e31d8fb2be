// Leaves while a large answer is on its way.
import process from "node:process";
import { isMainThread } from "node:worker_threads";

export const exit = () => {
  process.send(new Uint8Array(30e6));
  process.exit(0);
};

export const kill = () => {
  process.send(new Uint8Array(30e6));
  if (isMainThread && !("DedicatedWorkerGlobalScope" in globalThis)) process.kill(process.pid, "SIGKILL");
  process.exit(9);
};

export const teardown = () => {};
