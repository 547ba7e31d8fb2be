// Runs a cluster of its own for each job, and gives the pid of its worker.
import { ComputeCluster } from "compute-cluster";

export default async (isolation) => {
  const module = new URL("./handler.mjs", import.meta.url);
  const inner = new ComputeCluster({ module, isolation, maxWorkers: 1 });
  const pid = await inner.enqueue({ op: "pid" });
  await inner.exit();
  return pid;
};
