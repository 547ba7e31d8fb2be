// Two members of a node:cluster, each with a cluster of its own; one of them leaves the primary while its jobs run.
import cluster from "node:cluster";
import { existsSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker, gate, log] = process.argv.slice(2) as [Isolation, string, string, string];

if (cluster.isPrimary) {
  cluster.setupPrimary({ args: [isolation, worker, gate, log] });
  for (let i = 0; i < 2; i++) {
    const member = cluster.fork({ LEAVES: String(i) });
    member.on("message", (seen) => {
      console.log(`seen ${JSON.stringify(seen)}`);
      member.disconnect();
    });
  }
} else {
  const cc = new ComputeCluster({
    module: new URL(`../workers/${worker}`, import.meta.url),
    isolation,
    maxWorkers: 2,
    maxBacklog: Infinity,
  });
  // Sorted: Deno lists variables in no certain order.
  const env = (): string => JSON.stringify(Object.entries(process.env).sort());
  const before = env();
  const seen = {
    answers: await Promise.all(Array.from({ length: 10 }, (_, value) => cc.enqueue({ op: "echo", value }))),
    member: await cc.enqueue({ op: "member" }),
    id: await cc.enqueue({ op: "env", name: "NODE_UNIQUE_ID" }) ?? null,
    channel: await cc.enqueue({ op: "env", name: "NODE_CHANNEL_FD" }) ?? null,
  };
  if (process.env["LEAVES"] === "1") {
    const jobs = [1, 2, 3].map((value) => cc.enqueue({ op: "wait", file: gate, log, value }));
    while (!existsSync(log)) await new Promise((resolve) => setTimeout(resolve, 5));
    // Without a primary a member ends by itself; this one finishes its jobs first.
    process.removeAllListeners("disconnect");
    process.once("disconnect", async () => {
      console.log("left");
      console.log(`finished ${await Promise.all(jobs)}`);
      await cc.close();
      process.exit(0);
    });
    process.disconnect?.();
  } else {
    await cc.close();
    process.send?.({ ...seen, untouched: env() === before });
  }
}
