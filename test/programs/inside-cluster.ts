// A cluster inside of a node:cluster worker.
import cluster from "node:cluster";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const isolation = process.argv[2] as Isolation;
if (cluster.isPrimary) {
  cluster.setupPrimary({ args: [isolation] });
  const worker = cluster.fork();
  worker.on("message", (seen) => {
    console.log(JSON.stringify(seen));
    worker.disconnect();
  });
} else {
  const cc = new ComputeCluster({
    module: new URL("../workers/handler.mjs", import.meta.url),
    isolation,
    maxWorkers: 2,
  });
  const answers = await Promise.all([0, 1, 2, 3].map((value) => cc.enqueue({ op: "echo", value })));
  const uid = await cc.enqueue({ op: "env", name: "NODE_UNIQUE_ID" }) ?? null;
  await cc.exit();
  process.send?.({ answers, uid });
}
