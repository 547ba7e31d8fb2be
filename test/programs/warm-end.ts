// Ends a cluster that keeps workers warm, or whose starts fail, and tells at its own end what was started since.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker, how] = process.argv.slice(2) as [Isolation, string, "exit" | "close"];
const module = new URL(`../workers/${worker}`, import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 3, minWorkers: 3 });
let since = 0;
let settled = 0;
cc.on("error", (error) => console.log(`fault ${(error as Error & { code: string }).code}`));
const look = (): void => {
  settled++;
  const left = Object.values(cc.stats().workers).reduce((sum, count) => sum + count);
  if (left > 0) console.log(`${left} left`);
};
function end(): void {
  cc.on("worker:starting", () => since++);
  cc[how](look);
  cc[how](look);
  cc.exit().then(look);
}
if (worker === "handler.mjs") await cc.ready().then(end);
else {
  cc.ready().catch((error) => console.log(`not ready ${error.code}`));
  // A start has failed, and the pause before the next has begun. From inside of the event: threads that have ended meanwhile are told of
  // in one turn of the loop, before whoever awaits the first goes on.
  cc.once("worker:exit", end);
}
process.on("exit", () => console.log(`settled ${settled}, started ${since}`));
