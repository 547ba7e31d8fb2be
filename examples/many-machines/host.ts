// A host: runs jobs of the queue in a cluster of its own until it is told to end. Says on a port how it is, for whoever watches it.
import { createServer } from "node:http";
import process from "node:process";
import { serve } from "../../nats.ts"; // in your program: "compute-cluster/nats"

const { NATS_URL = "nats://127.0.0.1:4222", HOST, HEALTH_PORT } = process.env;

const host = await serve({
  servers: NATS_URL,
  queue: "primes",
  host: HOST,
  cluster: { module: new URL("./worker.ts", import.meta.url) },
});
console.log(`${host.name} has room for ${host.stats.slots} jobs`);

const health = createServer((_, reply) => reply.writeHead(host.stats.connected ? 200 : 503).end());
if (HEALTH_PORT) health.listen(Number(HEALTH_PORT));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    await host.drain();
    health.close();
    console.log(`${host.name} has ended`);
  });
}
