/**
 * Modules of the runtime that take time to load, each loaded when it is first used: an import costs a program little that way,
 * and a worker only what it needs. What they cost, and why `process` is not imported anywhere:
 * `docs/decisions/0011-built-in-modules.md`.
 *
 * @module
 */

/** Looked up for each use: what is used often is to be kept. */
export const builtIn: {
  readonly childProcess: typeof import("node:child_process");
  readonly fs: typeof import("node:fs");
  readonly net: typeof import("node:net");
  readonly os: typeof import("node:os");
  readonly v8: typeof import("node:v8");
  readonly workerThreads: typeof import("node:worker_threads");
  readonly zlib: typeof import("node:zlib");
} = {
  get childProcess() {
    return process.getBuiltinModule("node:child_process");
  },
  get fs() {
    return process.getBuiltinModule("node:fs");
  },
  get net() {
    return process.getBuiltinModule("node:net");
  },
  get os() {
    return process.getBuiltinModule("node:os");
  },
  get v8() {
    return process.getBuiltinModule("node:v8");
  },
  get workerThreads() {
    return process.getBuiltinModule("node:worker_threads");
  },
  get zlib() {
    return process.getBuiltinModule("node:zlib");
  },
};
