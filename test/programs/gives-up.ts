// Listens for no errors, and gives up a job that blocks its worker.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: process.argv[2] as Isolation, maxWorkers: 1 });
await cc.ready();
await cc.enqueue({ op: "spin" }, { timeout: 100 }).catch((error) => console.log(error.code));
console.log(await cc.enqueue({ op: "echo", value: "next" }));
await cc.close();
console.log("closed");
process.exit();
