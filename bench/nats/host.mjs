// A host: serves until its input ends. `alone`: the same cluster without a queue, for its memory.
import process from "node:process";
import { ComputeCluster } from "../../dist/mod.js";
import { serve } from "../../dist/nats.js";
import { listen, next, options, say } from "./children.mjs";

const { servers, queue, replicas, slots, concurrency = 1, alone } = options();
const cluster = {
  module: new URL("./worker.mjs", import.meta.url),
  maxWorkers: slots,
  minWorkers: slots,
  concurrency,
};
listen();
const host = alone ? null : await serve({ servers, queue, replicas, cluster });
const cc = alone ? new ComputeCluster(cluster) : host.cluster;
await cc.ready();
say("ready");
for (let line = await next(); line !== null; line = await next()) {
  if (line === "run") { for (let i = 0; i < 500; i++) await cc.enqueue(i); }
  globalThis.gc?.();
  say(process.memoryUsage().rss);
}
await (host ?? cc).exit();
process.exit();
