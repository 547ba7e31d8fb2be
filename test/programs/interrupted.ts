// Answers signals of the terminal in one of several ways. The inner program is the leader of a process group, as under a
// terminal.
import { spawn } from "node:child_process";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, signal, answer, worker, gate, log] = process.argv.slice(2) as [Isolation, ...string[]];
if (process.argv.at(-1) !== "inner") {
  const flags = "Deno" in globalThis ? ["run", "-A", "--no-prompt"] : process.execArgv;
  const inner = spawn(process.execPath, [...flags, ...process.argv.slice(1), "inner"], {
    detached: true,
    stdio: "inherit",
  });
  console.log(`group ${inner.pid}`);
  inner.on("exit", (code, by) => {
    console.log(`ended ${code ?? by}`);
    process.exit(0);
  });
} else {
  const cc = new ComputeCluster({
    module: new URL(`../workers/${worker}`, import.meta.url),
    isolation,
    maxWorkers: 2,
    minWorkers: 2,
  });
  let started = 0;
  let faults = 0;
  cc.on("worker:starting", () => started++);
  cc.on("error", () => faults++);
  await cc.ready();
  const calls: string[][] = [];
  for (let i = 0; i < 4; i++) {
    const settled: string[] = [];
    calls.push(settled);
    cc.enqueue({ op: "wait", value: i, file: gate, log }, (error, value) => {
      settled.push(error ? (error as Error & { code: string }).code : String(value));
    });
  }
  const end = (): void => {
    console.log(JSON.stringify({ jobs: calls, started, faults }));
    process.exit(0);
  };
  let heard = 0;
  if (answer !== "none") {
    process.on(signal as NodeJS.Signals, () => {
      console.log(`heard ${++heard}`);
      if (heard > 1) return;
      if (answer === "exit") cc.exit(end);
      else cc.close(end);
    });
  }
  console.log("running");
}
