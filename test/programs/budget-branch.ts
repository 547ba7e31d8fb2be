// A worker with a cluster of its own: six jobs, which wait for files named after the branch. Leaves where it is told to.
import { existsSync } from "node:fs";
import process from "node:process";
import { Budget, ComputeCluster, type Isolation } from "../../mod.ts";

export default async ({ isolation, branch }: { isolation: Isolation; branch: string }): Promise<string> => {
  const module = new URL("../workers/handler.mjs", import.meta.url);
  const inner = new ComputeCluster({ module, isolation, maxWorkers: 6, budget: Budget.machine });
  const look = setInterval(() => existsSync(`${branch}-leave`) && process.exit(3), 5);
  const job = { op: "wait", log: `${branch}-log`, file: `${branch}-go` };
  const values = await Promise.all([0, 1, 2, 3, 4, 5].map((value) => inner.enqueue({ ...job, value })));
  clearInterval(look);
  await inner.close();
  return values.join("");
};
