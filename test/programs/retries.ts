// Listens for no errors, and has a job whose first run costs its worker.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, file] = process.argv.slice(2) as [Isolation, string];
const module = new URL("../workers/once-broken.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 1, retries: 1 });
console.log(await cc.enqueue(file));
await cc.close();
