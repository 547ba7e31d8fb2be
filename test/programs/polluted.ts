// Its Object.prototype has what a spawn would read, when its worker starts.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker] = process.argv.slice(2) as [Isolation, string];
const module = new URL(`../workers/${worker}`, import.meta.url);
const values = JSON.parse(process.argv[4] as string) as Record<string, unknown>;
const cc = new ComputeCluster({ module, isolation, maxWorkers: 1 });
Object.assign(Object.prototype, values);
const jobs = [cc.enqueue({ op: "look" }), cc.enqueue({ op: "echo", value: 1 })];
for (const name of Object.keys(values)) delete (Object.prototype as Record<string, unknown>)[name];
const [look, echo] = await Promise.all(jobs);
console.log(JSON.stringify({ look, echo, first: cc.stats().lost }));
await cc.close();
