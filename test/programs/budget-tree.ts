// Its workers have clusters of their own, and all have one budget.
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Budget, ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, workers, branches, how] = process.argv.slice(2) as [Isolation, string, string, string];
// Beside this one, and built where this one is.
const module = new URL(`./budget-branch${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 2, budget: new Budget({ workers: Number(workers) }) });
cc.on("error", () => {});
const jobs = branches.split(",").map((branch) => cc.enqueue({ isolation, branch }));
const ended = await Promise.allSettled(jobs);
console.log(`ended ${ended.map((end) => end.status === "fulfilled" ? end.value : end.reason.code).join(" ")}`);
if (how === "close") {
  await cc.close();
  console.log(`left ${readdirSync(tmpdir()).filter((name) => name.startsWith("compute-cluster-")).length}`);
}
