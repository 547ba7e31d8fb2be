// Changes its working directory after its cluster was made.
import { mkdirSync } from "node:fs";
import { relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, folder] = process.argv.slice(2) as [Isolation, string];
const module = relative(process.cwd(), fileURLToPath(new URL("../workers/handler.mjs", import.meta.url)));
const cc = new ComputeCluster({ module, isolation, maxWorkers: 1 });
mkdirSync(folder);
process.chdir(folder);
cc.on("error", () => {});
console.log(`answered ${await cc.enqueue({ op: "echo", value: 1 })}`);
// Another worker, another start.
await cc.enqueue({ op: "exit", code: 1 }).catch(() => {});
console.log(`answered ${await cc.enqueue({ op: "echo", value: 2 })}`);
await cc.close();
