// Leaves a cluster idle whose jobs are run elsewhere, and must end by itself. Its first argument is not heeded.
import process from "node:process";
import { ComputeCluster } from "../../mod.ts";
import { nats } from "../../nats.ts";

const [, what, servers, queue] = process.argv.slice(2) as [string, string, string, string];
const cc = new ComputeCluster({ engine: nats({ servers, queue }) });
if (what === "ready") await cc.ready();
if (what === "answered") await cc.enqueue({ op: "echo" });
if (what === "aborted") {
  const controller = new AbortController();
  cc.once("job:started", () => controller.abort());
  await cc.enqueue({ op: "spin" }, { signal: controller.signal }).catch(() => {});
}
console.log("last line");
