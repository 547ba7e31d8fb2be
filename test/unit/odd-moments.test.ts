/**
 * What callers do while their own jobs are being sent, and what the collection of garbage does to loops that wait.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { runtime } from "../../runtimes/select.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

let cc: ComputeCluster;
beforeEach(async () => {
  cc = new ComputeCluster({ module, maxWorkers: 1, isolation: "thread" });
  // Arguments are cloned at once where a worker is free.
  await cc.ready();
});
afterEach(() => cc.exit());

describe("Arguments whose getters end their own job", () => {
  it("of a map: it is not run to its end", async () => {
    const controller = new AbortController();
    const item = {
      op: "sleep",
      ms: 60_000,
      get value() {
        controller.abort("enough");
        return 1;
      },
    };
    const loop = async (): Promise<void> => {
      for await (const _ of cc.map([item], { signal: controller.signal }));
    };
    await expect(loop()).rejects.toBe("enough");
    await cc.close();
  });

  it("of a stream: its generator is closed", async () => {
    const args = {
      get op() {
        void values.return();
        return "echo";
      },
    };
    const values = cc.stream(args);
    expect(await values.next()).toEqual({ done: true, value: undefined });
    await cc.close();
  });

  it("of a named job: they join it", async () => {
    const joined: Promise<unknown>[] = [];
    const args = {
      op: "echo",
      get value() {
        if (joined.length === 0) joined.push(cc.enqueue({ op: "echo", value: "another" }, { id: "same" }));
        return "its own";
      },
    };
    expect(await cc.enqueue(args, { id: "same" })).toBe("its own");
    expect(await joined[0]).toBe("its own");
    expect(cc.stats()).toMatchObject({ joined: 1, jobs: { accepted: 1 } });
  });
});

it("A list of what is moved is as it was when the job was enqueued", async () => {
  const [a, b] = [new ArrayBuffer(1), new ArrayBuffer(2)];
  const transfer: ArrayBuffer[] = [a];
  const busy = cc.enqueue({ op: "echo" });
  const first = cc.enqueue({ op: "echo", value: a }, { transfer });
  transfer.length = 0;
  transfer.push(b);
  const second = cc.enqueue({ op: "echo", value: b }, { transfer });
  const found = await Promise.all([busy, first, second]) as ArrayBuffer[];
  expect(found.slice(1).map(({ byteLength }) => byteLength)).toEqual([1, 2]);
});

it("Options that can't be read reject the call of a task, too", async () => {
  const options = {
    get timeout(): number {
      throw new Error("mine");
    },
  };
  await expect(cc.enqueue(1, options)).rejects.toThrow("mine");
  await expect(cc.tasks.double!(1, options)).rejects.toThrow("mine");
});

/** Collects what nobody holds; null where that can't be asked for. */
function collector(): (() => void) | null {
  const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (Bun) return () => Bun.gc(true);
  if (runtime !== "node") return null;
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

// Deno gives programs no way to ask for it.
it.runIf(runtime !== "deno")(
  "A loop over a map whose source says nothing is ended by its signal, also after a collection",
  async () => {
    const collect = collector()!;
    const controller = new AbortController();
    const told: unknown[] = [];
    async function* source(): AsyncGenerator<unknown> {
      yield { op: "echo", value: 1 };
      await new Promise(() => {});
    }
    const began = new Promise<void>((begin) => {
      void (async () => {
        try {
          for await (const value of cc.map(source(), { signal: controller.signal })) {
            told.push(value);
            begin();
          }
        } catch (error) {
          told.push(error);
        } finally {
          told.push("left");
        }
      })();
    });
    await began;
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    controller.abort("enough");
    await expect.poll(() => told).toEqual([1, "enough", "left"]);
  },
);
