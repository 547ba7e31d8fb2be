// Lets go of clusters that have ended, each in another way, and tells which of them something still holds.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, worker] = process.argv.slice(2) as [Isolation, string];
const { Bun, gc } = globalThis as unknown as { Bun?: { gc(force: boolean): void }; gc?: () => void };
const collect = (): void => Bun ? Bun.gc(true) : gc?.();
const module = new URL(`../workers/${worker}`, import.meta.url);

type Way = (cc: ComputeCluster) => Promise<unknown>;

const ignore = (): void => {};

const WAYS: Record<string, Way> = {
  "unused": (cc) => cc.close(),
  "closed": async (cc) => {
    await cc.enqueue({ op: "echo", value: 1 });
    await cc.close();
  },
  "exited": async (cc) => {
    await cc.enqueue({ op: "echo", value: 1 });
    await cc.exit();
  },
  "exited while it waited": async (cc) => {
    const jobs = [1, 2, 3].map(() => cc.enqueue({ op: "sleep", ms: 20_000 }).catch(ignore));
    await new Promise((resolve) => cc.once("job:started", resolve));
    await cc.exit();
    await Promise.all(jobs);
  },
  "after a timeout": async (cc) => {
    await cc.enqueue({ op: "sleep", ms: 20_000 }, { timeout: 20 }).catch(ignore);
    await cc.close();
  },
  "after an abort": async (cc) => {
    const controller = new AbortController();
    const job = cc.enqueue({ op: "sleep", ms: 20_000 }, { signal: controller.signal }).catch(ignore);
    await new Promise((resolve) => cc.once("job:started", resolve));
    controller.abort();
    await job;
    await cc.close();
  },
  "after its worker left": async (cc) => {
    await cc.enqueue({ op: "exit", code: 3 }).catch(ignore);
    await cc.close();
  },
  "after its worker cut itself off": async (cc) => {
    await cc.enqueue({ op: "disconnect" }).catch(ignore);
    await cc.close();
  },
};

/** Not in one function with what looks at it: what a frame has held may stay on the stack. */
async function use(way: Way): Promise<WeakRef<ComputeCluster>> {
  const cc = new ComputeCluster({ module, isolation, maxWorkers: 2, retries: 0 });
  cc.on("error", ignore);
  await way(cc);
  return new WeakRef(cc);
}

const used = new Map<string, WeakRef<ComputeCluster>>();
for (const [name, way] of Object.entries(WAYS)) {
  used.set(name, await use(way));
}

let turns = 0;
let held: string[];
do {
  await new Promise((resolve) => setTimeout(resolve, 5));
  collect();
  held = [...used].filter(([, ref]) => ref.deref()).map(([name]) => name);
  // Less than any of the waits for what may never come, so that it is seen when one of them holds a cluster. Turns, not time: the system
  // may have the program stand still.
} while (held.length > 0 && ++turns < 100);
console.log(JSON.stringify(held));
