// Has several clusters, and closes them when it is told to.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);
const isolation = process.argv[2] as Isolation;
const clusters = [0, 1, 2].map(() => new ComputeCluster({ module, isolation, maxWorkers: 2, minWorkers: 1 }));
const stay = setInterval(() => {}, 1000);
process.on("SIGUSR2", async () => {
  await Promise.all(clusters.map((cc) => cc.close()));
  console.log("closed");
  setTimeout(() => clearInterval(stay), 5000);
});
await Promise.all(clusters.map((cc) => cc.ready()));
console.log("ready");
