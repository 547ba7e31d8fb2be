// Leaves a cluster idle whose jobs are run elsewhere, and must end by itself, but not before jobs that it wants no more are withdrawn. Its
// first argument is not heeded.
import { once } from "node:events";
import process from "node:process";
import { ComputeCluster } from "../../mod.ts";
import { nats } from "../../nats.ts";

const [, what, servers, queue, file] = process.argv.slice(2) as [string, string, string, string, string];
const cc = new ComputeCluster({ engine: nats({ servers, queue }) });
if (what === "ready") await cc.ready();
if (what === "answered") await cc.enqueue({ op: "echo" });
if (what === "aborted") {
  const controller = new AbortController();
  cc.once("job:started", () => controller.abort());
  await cc.enqueue({ op: "spin" }, { signal: controller.signal }).catch(() => {});
}
if (what === "exited") {
  const queued = once(cc, "job:queued");
  cc.enqueue({ op: "spin" }).catch(() => {});
  await queued;
  await cc.exit();
}
if (what === "many aborted") {
  const controller = new AbortController();
  let queued = 0;
  cc.on("job:queued", () => ++queued === 600 && controller.abort());
  const jobs = Array.from(
    { length: 600 },
    () => cc.enqueue({ op: "log", file, line: "ran" }, { signal: controller.signal }),
  );
  await Promise.allSettled(jobs);
}
console.log("last line");
