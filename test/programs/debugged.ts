// Is run under a debugger, with two clusters of two workers.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker] = process.argv.slice(2) as [Isolation, string];
const module = new URL(`../workers/${worker}`, import.meta.url);
const clusters = [0, 1].map(() => new ComputeCluster({ module, isolation, maxWorkers: 2, startTimeout: 10_000 }));
const answers = clusters.flatMap((cc) => [1, 2, 3, 4].map((value) => cc.enqueue({ op: "echo", value })));
console.log(`answered ${await Promise.all(answers)}`);
const seen = await clusters[0]!.enqueue({ op: "look" }) as { execArgv: string[]; env: Record<string, string> };
const { NODE_OPTIONS } = seen.env;
console.log(`worker ${JSON.stringify({ execArgv: seen.execArgv, NODE_OPTIONS })}`);
await Promise.all(clusters.map((cc) => cc.close()));
// Under a debugger a program of some runtimes waits for it at the end.
process.exit();
