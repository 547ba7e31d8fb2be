// Ends without a word to its cluster, whose workers are deaf and in a state of its choice.
import { appendFileSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker, file, how, state] = process.argv.slice(2) as [Isolation, string, string, string, string];
const module = new URL(`../workers/${state === "starting" ? "slow-load.mjs" : worker}`, import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 2, maxBacklog: 100, killGrace: 20_000 });
// For the error that it throws itself: jobs are cut off by it.
const ignore = (): void => {};

const started: number[] = [];
const both = new Promise<void>((resolve) => {
  cc.on("worker:starting", (fact) => started.push(Number(fact.worker)) === 2 && resolve());
});

// Not at top level: Bun goes on after an uncaught error while an `await` of the main module is pending (1.4.5).
void main();

async function main(): Promise<void> {
  if (state === "starting") { for (let i = 0; i < 2; i++) cc.enqueue({}, ignore); }
  else await Promise.all([1, 2].map(() => cc.enqueue({ op: "meet", file: `${file}.met`, count: 2 })));
  if (state !== "starting") {
    await Promise.all(
      [1, 2].map(() => cc.enqueue({ op: "meet", file: `${file}.deaf`, count: 2, next: { op: "deaf" } })),
    );
  }
  await both;
  if (state === "frozen") await Promise.all(started.map((pid) => process.kill(pid, "SIGSTOP")));
  if (state === "busy") {
    for (let i = 0; i < 2; i++) cc.enqueue({ op: "spin", file: `${file}.busy` }, ignore);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  if (state === "stopping") cc.exit(ignore);
  appendFileSync(file, started.map((pid) => `${pid}\n`).join(""));
  if (how === "exit") process.exit(0);
  if (how === "throw") {
    setTimeout(() => {
      throw new Error("the program's own");
    }, 0);
  } else if (how === "reject") void Promise.reject(new Error("the program's own"));
  else process.kill(process.pid, how);
  setTimeout(ignore, 20_000);
}
