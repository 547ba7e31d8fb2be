// Its worker answers the second job by what the first had started.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const module = new URL("../workers/lazy.cjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: process.argv[2] as Isolation, maxWorkers: 1 });
console.log(await cc.enqueue(1));
await cc.enqueue(2, { timeout: 2_000 }).catch((error) => console.log(error.code));
await cc.exit();
