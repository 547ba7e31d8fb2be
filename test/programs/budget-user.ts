// Has jobs for more workers than there are.
import { appendFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { Budget, ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, log, gates, count] = process.argv.slice(2) as [Isolation, string, string, string];
const module = new URL("../workers/handler.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 6, maxBacklog: Infinity, budget: Budget.machine });
cc.on("worker:exit", () => appendFileSync(`${gates}-exits`, "exit\n"));
const jobs = Array.from(
  { length: Number(count) },
  (_, i) => cc.enqueue({ op: "wait", log, file: `${gates}-${i}`, value: i }),
);
console.log(`answers ${(await Promise.all(jobs)).join()}`);
await cc.close();
console.log(`left ${readdirSync(tmpdir()).filter((name) => name.startsWith("compute-cluster-")).length}`);
