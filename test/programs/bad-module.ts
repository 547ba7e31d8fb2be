// Its module does not start. Waits for its jobs, and must then end by itself.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker] = process.argv.slice(2) as [Isolation, string];
const module = new URL(`../workers/${worker}`, import.meta.url);
const cc = new ComputeCluster({
  module,
  isolation,
  maxWorkers: 4,
  maxBacklog: 1000,
  ...("Deno" in globalThis && isolation === "thread" ? {} : { stdio: "ignore" as const }),
});
let starts = 0;
let live = 0;
let most = 0;
let faults = 0;
cc.on("worker:starting", () => {
  starts++;
  most = Math.max(most, ++live);
});
cc.on("worker:exit", () => live--);
cc.on("error", () => faults++);

const codes: unknown[] = [];
let startsAtLast = 0;
for (let i = 0; i < 50; i++) {
  const count = (error: unknown): void => {
    codes.push((error as { code?: unknown }).code);
    startsAtLast = starts;
  };
  if (i % 2) cc.enqueue({}, count);
  else cc.enqueue({}).catch(count);
}
process.on("exit", () => {
  console.log(
    JSON.stringify({ jobs: codes.length, codes: [...new Set(codes)], later: starts - startsAtLast, live, faults }),
  );
  console.log(JSON.stringify({ starts, most }));
});
