// Its workers can't be started for a while, for want of file descriptors: the limit comes from outside.
import { closeSync, openSync, readdirSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker, style, file, alive] = process.argv.slice(2) as [Isolation, string, string, string, string];
const module = new URL(`../workers/${worker}`, import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 3, idleTimeout: Infinity });
let faults = 0;
cc.on("error", () => faults++);
process.on("uncaughtException", (error) => console.log(`uncaught ${error}`));
process.on("unhandledRejection", (error) => console.log(`unhandled ${error}`));

/** Whether so many files can be opened at once. */
function canOpen(count: number): boolean {
  const files: number[] = [];
  try {
    while (files.length < count) files.push(openSync(process.execPath, "r"));
    return true;
  } catch {
    return false;
  } finally {
    files.forEach((file) => closeSync(file));
  }
}
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** The answer of a job, or its error's code and that of the cause. */
function job(args: object): Promise<unknown> {
  const told = (error: Error & { code?: string }): string =>
    `${error.code} ${(error.cause as { code?: string } | undefined)?.code}`;
  if (style === "promise") return cc.enqueue(args).catch(told);
  return new Promise((resolve) => {
    const returned = cc.enqueue(args, (error, value) => resolve(error ? told(error) : value));
    if (returned !== cc) console.log("enqueue must return the cluster");
  });
}
const four = (): Promise<unknown[]> => Promise.all([1, 2, 3, 4].map((value) => job({ op: "echo", value })));

if (alive === "alive") console.log(`before ${await job({ op: "echo", value: 0 })}`);
console.log(`limit ${Math.max(...readdirSync("/proc/self/fd").map(Number))}`);
// Until no number below the limit is free.
const held: number[] = [];
await until(() => {
  try {
    held.push(openSync(process.execPath, "r"));
    return false;
  } catch {
    return true;
  }
});
// With some left that are not enough for a worker, its start fails half way.
if (alive === "few") held.splice(-4).forEach((file) => closeSync(file));
console.log(`starved ${[...new Set(await four())]}`);
await until(() => canOpen(100));
held.forEach((file) => closeSync(file));
console.log(`fed ${await four()}`);
const met = await Promise.all([1, 2, 3].map(() => job({ op: "meet", file, count: 3 })));
console.log(`met ${met.length}, faults ${faults}`);
await cc.close();
console.log("closed");
