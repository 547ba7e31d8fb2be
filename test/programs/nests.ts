// Its workers have clusters of their own.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const isolation = process.argv[2] as Isolation;
const module = new URL("../workers/nested.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 2 });
const pids = await Promise.all([1, 2, 3, 4].map(() => cc.enqueue(isolation)));
await cc.exit();
console.log(JSON.stringify(pids));
