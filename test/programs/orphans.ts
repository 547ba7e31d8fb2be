// Is killed while its workers are busy.
import { readFileSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, file] = process.argv.slice(2) as [Isolation, string];
const cc = new ComputeCluster({ module: new URL("../workers/handler.mjs", import.meta.url), isolation, maxWorkers: 2 });
for (let i = 0; i < 2; i++) void cc.enqueue({ op: "spin", file });
const look = setInterval(() => {
  try {
    if (readFileSync(file, "utf8").split("\n").length === 3) {
      console.log("busy");
      clearInterval(look);
    }
  } catch {
    // Not there yet.
  }
}, 5);
