// Counts what its jobs have left behind.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker] = process.argv.slice(2) as [Isolation, string];
const { Bun, gc } = globalThis as unknown as { Bun?: { gc(force: boolean): void }; gc?: () => void };
const collect = (): void => Bun ? Bun.gc(true) : gc?.();
const module = new URL(`../workers/${worker}`, import.meta.url);
const EVENTS = ["exit", "beforeExit", "SIGINT", "SIGTERM", "SIGHUP", "disconnect", "message", "uncaughtException"];
const listeners = (): string => EVENTS.map((event) => process.listenerCount(event)).join();

process.on("warning", (warning) => console.log(`warning ${warning}`));
const before = listeners();
const refs: WeakRef<object>[] = [];

async function jobs(cc: ComputeCluster, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const args = { op: i % 5 === 4 ? "no such op" : "echo", value: { pad: new Uint8Array(50_000) } };
    refs.push(new WeakRef(args));
    const answer = await (worker.startsWith("handler") || i % 5 < 4 ? cc.enqueue(args) : Promise.resolve({})).catch((
      e,
    ) => e);
    refs.push(new WeakRef(answer as object));
  }
}

/** Maps that wait for sources which nobody has any more. */
function wait(count: number): void {
  for (let i = 0; i < count; i++) {
    const source = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<unknown>>(() => {}) }) };
    refs.push(new WeakRef(source));
    cc.map(source).next().catch(() => {});
  }
}

/** Until everything is collected; bounded. */
async function left(): Promise<number> {
  let alive = refs.length;
  for (let i = 0; i < 200 && alive > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collect();
    alive = refs.filter((ref) => ref.deref()).length;
  }
  return alive;
}

const cc = new ComputeCluster({ module, isolation, maxWorkers: 2 });
await jobs(cc, 5);
const early = listeners();
await jobs(cc, 20);
wait(20);
console.log(`alive ${await left()}`);
console.log(`steady ${listeners() === early}`);

const many = Array.from({ length: 11 }, () => new ComputeCluster({ module, isolation, maxWorkers: 1 }));
await Promise.all(many.map((one) => one.enqueue({ op: "echo", value: 1 })));
console.log(`shared ${listeners() === early}`);
await Promise.all([cc, ...many].map((one) => one.exit()));
console.log(`restored ${listeners() === before}`);
