// Closes gracefully on Ctrl-C. The inner program is the leader of a process group, as under a terminal.
import { spawn } from "node:child_process";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const isolation = process.argv[2] as Isolation;
if (process.argv[3] !== "inner") {
  const flags = "Deno" in globalThis ? ["run", "-A", "--no-prompt"] : process.execArgv;
  const inner = spawn(process.execPath, [...flags, process.argv[1] as string, isolation, "inner"], {
    detached: true,
    stdio: "inherit",
  });
  console.log(`group ${inner.pid}`);
  inner.on("exit", (code) => process.exit(code ?? 1));
} else {
  const cc = new ComputeCluster({
    module: new URL("../workers/handler.mjs", import.meta.url),
    isolation,
    maxWorkers: 2,
    minWorkers: 2,
  });
  await cc.ready();
  const jobs = [1, 2].map((value) => cc.enqueue({ op: "sleep", ms: 500, value }));
  process.on("SIGINT", async () => {
    await cc.close();
    console.log(`finished ${await Promise.all(jobs)}`);
    process.exit(0);
  });
  console.log("running");
}
