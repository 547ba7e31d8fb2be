// Its worker starts a process, which holds the worker's output; closes and ends.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: process.argv[2] as Isolation, maxWorkers: 1 });
const { child } = await cc.enqueue({ op: "grandchild" }) as { child: number };
console.log(`child ${child}`);
await cc.close();
console.log("closed");
