// Its workers throw in every way.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const cc = new ComputeCluster({
  module: new URL("../workers/handler.mjs", import.meta.url),
  isolation: process.argv[2] as Isolation,
  maxWorkers: 1,
});
let faults = 0;
cc.on("error", () => faults++);
const jobs = [
  { op: "throw", what: "type" },
  { op: "throw later", what: "type" },
  { op: "reject later", what: "type" },
  { op: "throw later", what: "null" },
  { op: "exit", code: 1 },
];
for (const job of jobs) await cc.enqueue(job).catch(() => {});
await cc.enqueue({ op: "echo" });
await cc.exit();
console.log(`alive, ${faults} faults`);
