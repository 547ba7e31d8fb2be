// Nobody waits for its jobs. Says which rejections nobody handled.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, how, worker] = process.argv.slice(2) as [Isolation, string, string];
const module = new URL(`../workers/${worker}`, import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 1, maxBacklog: 1, killGrace: 200 });
const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));
process.on("uncaughtException", (error) => console.log(`uncaught ${error.message}`));
cc.on("error", () => {});

/** One that fails in its worker, one that waits, and one that is refused. */
const jobs = [{ op: "exit", code: 1 }, { op: "echo" }, { op: "echo" }];
let called = 0;
let late: Promise<unknown> = Promise.resolve();
await cc.ready();
for (const job of jobs) {
  if (how === "callback") cc.enqueue(job, () => called++);
  if (how === "caught") void cc.enqueue(job).catch(() => called++);
  if (how === "promise") void cc.enqueue(job);
  if (how === "late") late = cc.enqueue({ op: "throw", what: "type" });
}
if (how === "late") {
  await new Promise<void>((resolve) => process.once("unhandledRejection", () => resolve()));
  await late.catch(() => called++);
}
// A job that is cut off, and the end itself.
const stats = (): number => cc.stats().jobs.waiting + cc.stats().jobs.running;
while (stats() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
if (how === "callback") cc.enqueue({ op: "sleep", ms: 20_000 }, () => called++);
else void cc.enqueue({ op: "sleep", ms: 20_000 }).catch(() => called++);
if (how === "callback") await new Promise<void>((resolve) => cc.exit(() => resolve()));
else await cc.exit();
// A turn for whatever nobody has handled.
await new Promise((resolve) => setTimeout(resolve, 0));
const codes = unhandled.map((reason) => reason instanceof Error ? (reason as { code?: string }).code : "no error");
console.log(
  JSON.stringify({ called, unhandled: codes.sort(), different: new Set(unhandled).size === unhandled.length }),
);
