// Serves a queue until it is told to leave. Its first argument is not heeded, its second the options.
import process from "node:process";
import { serve, type ServeOptions } from "../../nats.ts";

const { worker = "handler.mjs", maxWorkers = 2, ...options } = JSON.parse(process.argv[3] as string) as
  & Omit<ServeOptions, "cluster">
  & { worker?: string; maxWorkers?: number };
const module = new URL(`../workers/${worker}`, import.meta.url);
const host = await serve({ ...options, cluster: { module, maxWorkers } });
host.cluster.on("job:settled", () => console.log("settled"));
process.once("SIGTERM", () => void host.drain().then(() => console.log("drained")));
console.log("serving");
