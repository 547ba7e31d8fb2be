// Its workers end in the middle of a message, or with one that they have not read.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

for (const task of ["exit", "kill"]) {
  const module = new URL("../workers/cut-off.mjs", import.meta.url);
  const cc = new ComputeCluster({ module, isolation: process.argv[2] as Isolation, maxWorkers: 1 });
  cc.on("error", () => {});
  await cc.enqueue(null, { task }).catch(() => {});
  await cc.exit();
}
console.log("settled");
