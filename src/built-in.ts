/**
 * What is used of the runtime's modules that take time to load, and of `process`: each is loaded when it is first used, so that an
 * import costs a program little, and a worker only what it needs. What they cost: `docs/decisions/0011-built-in-modules.md`.
 *
 * It is kept then: what the program, or a worker's module, makes of the global `process` or of a module's exports later is its own
 * affair.
 *
 * @module
 */

interface Runtime {
  readonly process: NodeJS.Process;
  readonly load: NodeJS.Process["getBuiltinModule"];
}

let runtime: Runtime | null = null;

function takeHold(): Runtime {
  const { process } = globalThis;
  runtime = { process, load: process.getBuiltinModule.bind(process) };
  return runtime;
}

/** The `process` of the runtime. */
export function ownProcess(): NodeJS.Process {
  return (runtime ?? takeHold()).process;
}

const kept = new Map<string, unknown>();

/** The functions of these names. They are listed because looking through all of a module's exports loads more. */
function from<M extends object, K extends keyof M & string>(id: string, names: readonly K[]): Pick<M, K> {
  const found = kept.get(id) as Pick<M, K> | undefined;
  if (found) return found;
  const module = (runtime ?? takeHold()).load(id) as M;
  const used = Object.fromEntries(names.map((name) => [name, module[name]])) as Pick<M, K>;
  kept.set(id, used);
  return used;
}

type ChildProcess = Pick<typeof import("node:child_process"), "spawn">;
type DiagnosticsChannel = Pick<typeof import("node:diagnostics_channel"), "channel">;
type Net = Pick<typeof import("node:net"), "Socket" | "connect" | "createServer">;
type Os = Pick<typeof import("node:os"), "availableParallelism" | "setPriority" | "tmpdir">;
type V8 = Pick<typeof import("node:v8"), "DefaultDeserializer" | "DefaultSerializer" | "serialize">;
type WorkerThreads = Pick<
  typeof import("node:worker_threads"),
  "Worker" | "isMainThread" | "parentPort" | "workerData"
>;
type Zlib = Pick<typeof import("node:zlib"), "deflateRawSync">;
type Files = Pick<
  typeof import("node:fs"),
  | "accessSync"
  | "closeSync"
  | "constants"
  | "fstatSync"
  | "ftruncateSync"
  | "mkdtempSync"
  | "openSync"
  | "readFileSync"
  | "readSync"
  | "realpathSync"
  | "rmSync"
  | "statSync"
  | "statfsSync"
  | "unlinkSync"
  | "writeSync"
>;

/** Those of `node:child_process`. */
export const childProcess = (): ChildProcess => from("node:child_process", ["spawn"]);

/** Those of `node:diagnostics_channel`. */
export const diagnosticsChannel = (): DiagnosticsChannel => from("node:diagnostics_channel", ["channel"]);

/** Those of `node:net`. */
export const net = (): Net => from("node:net", ["Socket", "connect", "createServer"]);

/** Those of `node:os`. */
export const os = (): Os => from("node:os", ["availableParallelism", "setPriority", "tmpdir"]);

/** Those of `node:v8`. */
export const v8 = (): V8 => from("node:v8", ["DefaultDeserializer", "DefaultSerializer", "serialize"]);

/** Those of `node:worker_threads`. */
export const workerThreads = (): WorkerThreads =>
  from("node:worker_threads", ["Worker", "isMainThread", "parentPort", "workerData"]);

/** Those of `node:zlib`. */
export const zlib = (): Zlib => from("node:zlib", ["deflateRawSync"]);

/** Those of `node:fs`. */
export const files = (): Files =>
  from("node:fs", [
    "accessSync",
    "closeSync",
    "constants",
    "fstatSync",
    "ftruncateSync",
    "mkdtempSync",
    "openSync",
    "readFileSync",
    "readSync",
    "realpathSync",
    "rmSync",
    "statSync",
    "statfsSync",
    "unlinkSync",
    "writeSync",
  ]);
