// So many hosts of a queue in one program, whose workers are never started: for what a host costs the server that only waits.
import process from "node:process";
import { serve } from "../../dist/nats.js";
import { listen, next, options, say } from "./children.mjs";

const { servers, queue, hosts, slots } = options();
const cluster = { module: new URL("./worker.mjs", import.meta.url), maxWorkers: slots };
listen();
const all = [];
for (let i = 0; i < hosts; i++) all.push(await serve({ servers, queue, cluster }));
say("ready");
await next();
await Promise.all(all.map((host) => host.exit()));
process.exit();
