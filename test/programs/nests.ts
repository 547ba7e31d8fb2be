// Its workers have clusters of their own.
import { extname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const isolation = process.argv[2] as Isolation;
// Beside this one, and built where this one is.
const module = new URL(`./nested${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 2 });
const pids = await Promise.all([1, 2, 3, 4].map(() => cc.enqueue(isolation)));
await cc.exit();
console.log(JSON.stringify(pids));
