/**
 * Node: workers by `node:child_process` and by `node:worker_threads`.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { WorkerAdapter, WorkerSpec } from "../src/core/adapter.ts";
import { childProcess, ownProcess } from "../src/built-in.ts";
import { bootstrapUrl } from "./bootstrap-url.ts";
import { NO_CHANNEL, PipeChannel } from "./child-channel.ts";
import { openExchange } from "./exchange.ts";
import { childPort, UNPOLLUTED } from "./child-process.ts";
import { threadPort } from "./worker-threads.ts";

/**
 * Processes. `spawn` with a pipe of our own rather than `fork`, whose channel a worker can use to bring the program down
 * (see `pipe-frames.ts`). The bootstrap is preloaded, so that the user's module stays the main one.
 */
export const nodeProcess: WorkerAdapter = {
  name: "node process",
  isolation: "process",
  start: (spec, events) =>
    childPort(spec, events, openExchange(true), (key, { descriptors, shelves }) => {
      const child = spawnWorker(spec, descriptors);
      // Without descriptors, say, there is a child without pipes, which then tells of its error.
      const [, , , to, from] = (child.stdio ?? []) as unknown as (Socket | undefined)[];
      const channel = to && from ? new PipeChannel(to, from, key, spec.serialization, shelves) : NO_CHANNEL;
      return { child, channel, imports: false };
    }),
};

function spawnWorker(spec: WorkerSpec, more: readonly number[]): ChildProcess {
  // Our preload comes last: tsx 4.23 loads no TypeScript when another `--import` stands before it.
  const flags = [...(spec.execArgv ?? []), "--import", bootstrapUrl(spec)];
  return childProcess().spawn(spec.execPath ?? ownProcess().execPath, [
    ...flags,
    fileURLToPath(spec.module),
    ...spec.argv,
  ], {
    ...UNPOLLUTED,
    // stderr is read here, for the tail that a loss is reported with.
    stdio: ["ignore", spec.stdio, "pipe", "pipe", "pipe", ...more],
    ...(spec.env ? { env: spec.env } : {}),
    ...(spec.cwd === null ? {} : { cwd: spec.cwd }),
  });
}

/** Threads. */
export const nodeThread: WorkerAdapter = {
  name: "node thread",
  isolation: "thread",
  start: (spec, events) => threadPort(spec, events, new URL(bootstrapUrl(spec, Infinity))),
};
