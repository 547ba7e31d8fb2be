// Its workers throw where nobody waits for it, and it listens for nothing but `error`.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const module = new URL("../workers/unheard.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: process.argv[2] as Isolation, maxWorkers: 1 });
let faults = 0;
cc.on("error", () => faults++);
for (const what of ["reject", "timer", "tick", "import", "twice"]) {
  await cc.enqueue(what).then(() => console.log(`${what} succeeded`), () => {});
  console.log(await cc.enqueue("ok"));
}
await cc.exit();
console.log(`alive, ${faults} faults`);
