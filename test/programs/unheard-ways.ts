// Has no listener for `error`, and workers that die in one of several ways.
import { appendFileSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, what, worker, style, file] = process.argv.slice(2) as [Isolation, string, string, string, string];
const maxWorkers = what === "job" || what === "listener" ? 1 : 3;
const cc = new ComputeCluster({ module: new URL(`../workers/${worker}`, import.meta.url), isolation, maxWorkers });

/** Waits for a job in the way that was asked for; gives its answer, or its error's code. */
function job(args: object): Promise<unknown> {
  if (style === "promise") return cc.enqueue(args).catch((error) => error.code);
  return new Promise((resolve) => {
    cc.enqueue(args, (error, value) => resolve(error ? (error as Error & { code: string }).code : value));
  });
}
const answered = (args: object): Promise<void> => job(args).then((code) => console.log(`answered ${code}`));

let expected = what === "three" ? 3 : 1;
const thrown = new Promise<void>((resolve) => {
  if (what === "uncaught") return;
  process.on("uncaughtException", (error: Error & { code?: string }) => {
    console.log(`uncaught ${error.code}`);
    if (--expected === 0) resolve();
  });
});
if (what === "listener") {
  cc.on("error", () => {
    throw Object.assign(new Error("a listener's own"), { code: "E_LISTENER" });
  });
}
// Not at top level: Bun goes on after an uncaught error while an `await` of the main module is pending (1.4.5).
void main();

async function main(): Promise<void> {
  if (what === "uncaught") {
    const pid = cc.enqueue({ op: "pid" });
    await cc.enqueue({ op: "echo" });
    appendFileSync(file, `${await pid}\n`);
  }
  const jobs = what === "start" ? [{}, {}, {}] : Array.from({ length: expected }, () => ({ op: "exit", code: 9 }));
  await Promise.all(jobs.map(answered));
  await thrown;
  if (what !== "start") console.log(`next ${await job({ op: "echo", value: "ok" })}`);
  await cc.close();
  console.log("closed");
}
