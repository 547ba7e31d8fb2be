// Has nothing left to do, after what its first argument says, and must end by itself: no idle worker and no timer holds it.
import { appendFileSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker, what, file] = process.argv.slice(2) as [Isolation, string, string, string];
const DAY = 86_400_000;
const cc = new ComputeCluster({
  module: new URL(`../workers/${worker}`, import.meta.url),
  isolation,
  maxWorkers: 1,
  maxBacklog: 1,
  idleTimeout: DAY,
  startTimeout: DAY,
  timeout: DAY,
});
cc.on("error", () => {});
const pid = (then: () => void): unknown =>
  cc.enqueue({ op: "pid" }, (_, value) => {
    appendFileSync(file, `${value}\n`);
    then();
  });

switch (what) {
  case "callback":
    pid(() => {});
    break;
  case "exit":
    await new Promise<void>((resolve) => pid(resolve));
    await cc.exit();
    break;
  case "exit in the callback":
    pid(() => cc.exit(() => console.log("exited")));
    break;
  case "aborted":
    await new Promise<void>((resolve) => pid(resolve));
    await cc.enqueue({ op: "sleep", ms: 20_000 }, { signal: AbortSignal.timeout(50) }).catch(() => {});
    break;
  case "refused":
    await Promise.allSettled(Array.from({ length: 9 }, () => cc.enqueue({ op: "echo" })));
    break;
  case "lost":
    await new Promise<void>((resolve) => pid(resolve));
    await cc.enqueue({ op: "exit", code: 3 }).catch(() => {});
    break;
}
console.log("last line");
