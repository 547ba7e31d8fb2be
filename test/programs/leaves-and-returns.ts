// Keeps one worker warm that leaves by itself as soon as it is ready, over and over, and must end by itself all the same.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const module = new URL("../workers/leaves-when-ready.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: process.argv[2] as Isolation, minWorkers: 1, maxWorkers: 1 });
const work = setInterval(() => {}, 1_000);
let exits = 0;
cc.on("worker:exit", () => {
  if (++exits !== 4) return;
  console.log("last line");
  clearInterval(work);
});
await cc.ready();
