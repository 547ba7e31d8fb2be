// Has a worker that prints on stderr, which nobody reads any more. Says on stdout what the jobs were answered with.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const cc = new ComputeCluster({
  module: new URL("../workers/prints.mjs", import.meta.url),
  isolation: process.argv[2] as Isolation,
  maxWorkers: 1,
});
for (const job of [1, 2]) console.log(await cc.enqueue(job));
await cc.close();
