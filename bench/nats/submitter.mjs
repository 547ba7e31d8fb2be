// A submitter: for each line, a series of jobs with so many at once; says how long it took, and each job.
import process from "node:process";
import { ComputeCluster } from "../../dist/mod.js";
import { nats } from "../../dist/nats.js";
import { listen, next, options, say } from "./children.mjs";
import { series } from "./series.mjs";

const { servers, queue } = options();
const cc = new ComputeCluster({ engine: nats({ servers, queue }) });
listen();
await cc.ready();
await cc.enqueue(0);
say("ready");
for (let line = await next(); line !== null; line = await next()) {
  const { task, args, ...rest } = JSON.parse(line);
  say(await series(rest, () => cc.enqueue(args ?? null, task ? { task } : {})));
}
await cc.exit();
process.exit();
