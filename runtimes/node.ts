/**
 * Node: workers by `child_process.fork` and by `node:worker_threads`.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { WorkerAdapter, WorkerSpec } from "../src/core/adapter.ts";
import { bootstrapUrl } from "./bootstrap-url.ts";
import { childPort } from "./child-process.ts";
import { threadPort } from "./worker-threads.ts";

/** Processes. The bootstrap is preloaded, so that the user's module stays the main one. */
export const nodeProcess: WorkerAdapter = {
  name: "node process",
  isolation: "process",
  start: (spec, events) => childPort(spec, events, { imports: false, check() {} }, () => forkWorker(spec)),
};

function forkWorker(spec: WorkerSpec): ChildProcess {
  const output = spec.stdio;
  return fork(fileURLToPath(spec.module), [...spec.argv], {
    // Explicit, or fork would pass on the host's own: see `inheritedExecArgv`. Ours comes last: tsx 4.23 loads no
    // TypeScript when another `--import` stands before it.
    execArgv: [...(spec.execArgv ?? []), "--import", bootstrapUrl(spec)],
    serialization: spec.serialization,
    // stderr is read here, for the tail that a loss is reported with.
    stdio: ["ignore", output, "pipe", "ipc"],
    ...(spec.env ? { env: spec.env } : {}),
    ...(spec.cwd === null ? {} : { cwd: spec.cwd }),
    ...(spec.execPath === null ? {} : { execPath: spec.execPath }),
  });
}

/** Threads. */
export const nodeThread: WorkerAdapter = {
  name: "node thread",
  isolation: "thread",
  start: (spec, events) => threadPort(spec, events, new URL(bootstrapUrl(spec))),
};
