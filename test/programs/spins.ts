// Exits while its worker is busy, and must then end by itself.
import { appendFileSync, readFileSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, file] = process.argv.slice(2) as [Isolation, string];
const module = new URL("../workers/handler.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 1, killGrace: 100 });
appendFileSync(file, "");
const job = cc.enqueue({ op: "spin", file, after: "spun" }).catch((error) => console.log(error.code));
const look = setInterval(async () => {
  if (readFileSync(file, "utf8") === "") return;
  clearInterval(look);
  await cc.exit();
  await job;
  console.log("exited");
}, 5);
