// Has its first signal to a worker refused, as a security module does.
import { ChildProcess } from "node:child_process";
import process from "node:process";
import { ComputeCluster } from "../../mod.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: "process", maxWorkers: 1, killGrace: 200 });
cc.on("error", (error) => console.log(`fault ${error.message}`));
process.on("unhandledRejection", (error) => console.log(`unhandled ${error}`));
process.on("uncaughtException", (error) => console.log(`uncaught ${error}`));

let refused = 0;
const refuse = (): never => {
  refused++;
  throw Object.assign(new Error("kill EPERM"), { code: "EPERM", errno: -1, syscall: "kill" });
};
const { Bun } = globalThis as { Bun?: { spawn(options: unknown): { kill(signal: unknown): void } } };
if (Bun) {
  const { spawn } = Bun;
  Bun.spawn = (options) => {
    const child = spawn(options);
    const kill = child.kill.bind(child);
    child.kill = (signal) => refused === 0 ? refuse() : kill(signal);
    return child;
  };
} else {
  const { kill } = ChildProcess.prototype;
  ChildProcess.prototype.kill = function (signal) {
    return refused === 0 ? refuse() : kill.call(this, signal);
  };
}

const pid = await cc.enqueue({ op: "pid" }) as number;
const running = cc.enqueue({ op: "sleep", ms: 20_000 }).catch((error) => console.log(error.code));
await cc.exit();
await running;
let alive = true;
try {
  process.kill(pid, 0);
} catch {
  alive = false;
}
console.log(`refused ${refused}, ${alive ? "left" : "gone"}`);
