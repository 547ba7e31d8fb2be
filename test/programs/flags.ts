// Is run with flags that are the program's own.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: process.argv[2] as Isolation, maxWorkers: 1 });
console.log(await cc.enqueue({ op: "echo", value: "answered" }));
await cc.close();
