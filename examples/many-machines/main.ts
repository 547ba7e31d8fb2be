// The submitter: counts primes on whichever hosts there are.
import process from "node:process";
import { ComputeCluster } from "../../mod.ts"; // in your program: "compute-cluster"
import { nats } from "../../nats.ts"; // in your program: "compute-cluster/nats"
import type { Range } from "./worker.ts";

const { NATS_URL = "nats://127.0.0.1:4222" } = process.env;
const LIMIT = 2_000_000;
const STEP = 25_000;

const cc = new ComputeCluster<typeof import("./worker.ts")>({ engine: nats({ servers: NATS_URL, queue: "primes" }) });

/** How many jobs each host has run. */
const hosts = new Map<string, number>();
cc.on("job:settled", ({ worker }) => {
  const host = worker?.split("/")[0] ?? "nobody";
  hosts.set(host, (hosts.get(host) ?? 0) + 1);
});

function* ranges(): Generator<Range> {
  for (let from = 0; from < LIMIT; from += STEP) yield { from, to: from + STEP };
}

let found = 0;
// In any order: a sum does not care.
for await (const primes of cc.map(ranges(), { ordered: false, concurrency: 32 })) found += primes;
console.log(`${found} primes below ${LIMIT}`);
for (const [host, jobs] of [...hosts].sort()) console.log(`${host} has run ${jobs} jobs`);
await cc.close();
