// Enqueues jobs under their ids, and says how each ended. Its first argument is not heeded, its second says what and where.
import process from "node:process";
import { ComputeCluster } from "../../mod.ts";
import { nats, type NatsOptions } from "../../nats.ts";

const { jobs, ...options } = JSON.parse(process.argv[3] as string) as NatsOptions & {
  jobs: { id: string; args: unknown }[];
};
const cc = new ComputeCluster({ engine: nats(options) });
await Promise.all(
  jobs.map(async ({ id, args }) => console.log("ended", id, JSON.stringify(await cc.enqueue(args, { id })))),
);
await cc.close();
console.log("done");
