// A worker that runs a cluster of its own for each job, and gives the pid of its worker.
import { ComputeCluster, type Isolation } from "../../mod.ts";

export default async (isolation: Isolation): Promise<unknown> => {
  const module = new URL("../workers/handler.mjs", import.meta.url);
  const inner = new ComputeCluster({ module, isolation, maxWorkers: 1 });
  const pid = await inner.enqueue({ op: "pid" });
  await inner.exit();
  return pid;
};
