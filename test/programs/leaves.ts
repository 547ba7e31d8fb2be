// Ends without a word to its cluster.
import { appendFileSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, file, how] = process.argv.slice(2) as [Isolation, string, string];
const cc = new ComputeCluster({ module: new URL("../workers/deaf.mjs", import.meta.url), isolation, maxWorkers: 1 });
appendFileSync(file, `${await cc.enqueue({})}\n`);
if (how === "exit") process.exit(0);
if (how === "throw") throw new Error("the program's own");
process.kill(process.pid, how);
setInterval(() => {}, 1000);
