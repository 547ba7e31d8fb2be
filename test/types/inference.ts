/** What is inferred from the type of a worker module. Compiled, never run. */

import { ComputeCluster, type DistributedEngine, type MapOptions, type MapResult } from "../../mod.ts";
/** A module. */
type W = {
  default: (n: number) => string;
  resize: (s: { w: number }) => Promise<Uint8Array>;
  now: () => string;
  perhaps: (n?: number) => number;
  rows: (path: string) => AsyncGenerator<{ row: number }>;
  lines: (path: string) => Generator<string>;
  setup: () => void;
  n: number;
};
declare const cc: ComputeCluster<W>;
declare const s: ReadableStream<number>;
declare const bad: ReadableStream<string>;
declare const untyped: ComputeCluster;
declare const engine: DistributedEngine;

export async function elsewhere(): Promise<void> {
  const cc = new ComputeCluster<W>({ engine, timeout: 1000 });
  const x: string = await cc.enqueue(1);
  void x;
  new ComputeCluster({ engine, module: "./worker.ts" });
  // @ts-expect-error a host's workers
  new ComputeCluster({ engine, maxWorkers: 3 });
  // @ts-expect-error neither a module nor an engine
  new ComputeCluster({});
}

export async function inferred(): Promise<void> {
  for await (const a of cc.map([1, 2])) {
    const x: string = a;
    void x;
  }
  for await (const a of cc.map([Promise.resolve(1)])) {
    const x: string = a;
    void x;
  }
  for await (const a of cc.map(s)) {
    const x: string = a;
    void x;
  }
  for await (const a of cc.map([{ w: 1 }], { task: "resize", ordered: false })) {
    const x: Uint8Array = a;
    void x;
  }
  for await (const a of cc.map([1], { onError: "yield" })) {
    const x: MapResult<string> = a;
    void x;
  }
  // @ts-expect-error strings
  cc.map(bad);
  // @ts-expect-error strings
  cc.map(["a"]);
  // @ts-expect-error no task
  cc.map([1], { task: "nope" });
  const either: MapOptions<"resize"> = { task: "resize", concurrency: 3 };
  for await (const a of cc.map([{ w: 1 }], either)) {
    const x: Uint8Array | MapResult<Uint8Array> = a;
    void x;
  }
  for await (const row of cc.stream("a.csv", { task: "rows", highWaterMark: 4 })) {
    const x: { row: number } = row;
    void x;
  }
  for await (const line of cc.stream("a.txt", { task: "lines" })) {
    const x: string = line;
    void x;
  }
  for await (const nothing of cc.stream(1)) {
    const x: never = nothing;
    void x;
  }
  for await (const any of untyped.stream(1, { task: "rows" })) {
    const x: unknown = any;
    void x;
  }
  // @ts-expect-error no path
  cc.stream(1, { task: "rows" });
  // @ts-expect-error a stream has no id
  cc.stream("a.csv", { task: "rows", id: "x" });
  const answered: string[] = await cc.broadcast(1);
  const images: Uint8Array[] = await cc.broadcast({ w: 1 }, { task: "resize", replay: true });
  void [answered, images];
  // @ts-expect-error no number
  await cc.broadcast("a");
  // @ts-expect-error a broadcast has no key
  await cc.broadcast(1, { key: "a" });
  await cc.renew();
  await cc.renew({ setupData: { any: 1 } });
  await using results = cc.map([1]);
  await results.return();
  const r: Uint8Array = await cc.tasks.resize({ w: 1 });
  void r;
  const now: string = await cc.tasks.now();
  const perhaps: number[] = [await cc.tasks.perhaps(), await cc.tasks.perhaps(1, { timeout: 5 })];
  void [now, perhaps];
  // @ts-expect-error it needs arguments
  await cc.tasks.resize();
  // @ts-expect-error no text
  await cc.tasks.perhaps("a");
  // @ts-expect-error no such task
  cc.tasks.nope;
  // @ts-expect-error setup is no task
  cc.tasks.setup;
  const any: unknown = await untyped.tasks["anything"]?.(1, { timeout: 5 });
  await untyped.tasks["anything"]?.();
  void any;
  for await (const result of untyped.map(["a", 1])) {
    const unknown: unknown = result;
    void unknown;
  }
}
