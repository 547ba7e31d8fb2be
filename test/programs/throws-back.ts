// What it is called back with, it throws.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const module = new URL("../workers/contract.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: process.argv[2] as Isolation, maxWorkers: 1, maxBacklog: 3 });

const calls: Record<string, number> = {};
const heard: Record<string, () => void> = {};
process.on("uncaughtException", ({ message }) => {
  console.log(`uncaught ${message}`);
  heard[message]?.();
});

/** A function of the user's that throws. */
const bug = (text: string, first?: () => void) => (): never => {
  calls[text] = (calls[text] ?? 0) + 1;
  first?.();
  throw new Error(text);
};

/** Waits until what such a function throws was heard of. */
const thrown = (text: string): Promise<void> => new Promise((resolve) => heard[text] = resolve);

await new Promise<void>((resolve) => {
  const nested = (): void => {
    cc.enqueue({ op: "echo", value: 2 }, bug("second callback"));
    cc.enqueue({ op: "echo", value: 3 }, (_, value) => {
      console.log(`third ${value}`);
      resolve();
    });
  };
  cc.enqueue({ op: "echo", value: 1 }, bug("first callback", nested));
});

const refused = thrown("refused");
const drained = new Promise((resolve) => cc.once("drain", resolve));
for (let i = 0; i < 4; i++) void cc.enqueue({ op: "echo" });
cc.enqueue({ op: "echo" }, bug("refused"));
await Promise.all([refused, drained]);

const died = [thrown("failed"), thrown("error listener")];
cc.once("error", bug("error listener"));
cc.enqueue({ op: "exit", code: 1 }, bug("failed"));
await Promise.all(died);

const ended = thrown("exit");
cc.exit(bug("exit"));
await ended;
console.log(`calls ${Object.values(calls)}`);
