// Serves a queue and has a job run there, with the options that it is given as JSON.
import process from "node:process";
import { ComputeCluster } from "../../mod.ts";
import { nats, serve } from "../../nats.ts";

const access = JSON.parse(process.argv[2] as string);
const module = new URL("../workers/handler.mjs", import.meta.url);
const host = await serve({ ...access, cluster: { module, maxWorkers: 1 } });
const cc = new ComputeCluster({ engine: nats(access) });
console.log(await cc.enqueue({ op: "echo", value: "let in" }));
await cc.close();
await host.exit();
