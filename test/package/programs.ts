/**
 * Programs of a project that uses the package. Each writes one line of JSON.
 */

import { join } from "node:path";
import type { Runtime } from "../../runtimes/select.ts";
import { root } from "../../scripts/bin.mjs";
import type { Files } from "./folder.ts";

/** π·2², as the workers compute it. */
export const AREA: number = Math.PI * 4;

/** What `app.mjs` and every bundle of it find out: by whom an area was computed, and the answer by the original contract. */
export function appResult(runtime: Runtime): unknown {
  return {
    process: { area: AREA, adapter: `${runtime} process` },
    thread: { area: AREA, adapter: `${runtime} thread` },
    echo: { said: "hi" },
  };
}

/** What `app.cjs` finds out. */
export const CJS_RESULT = {
  area: AREA,
  echo: { said: "hi" },
  isClass: true,
  sameAsImport: true,
  errors: ["CC_ERR_CLOSED", "ClusterError", true, true, true],
};

/** Takes the folder of the workers as an argument: a bundle does not know where it came from. */
const APP = `
import process from "node:process";
import { join } from "node:path";
import { ComputeCluster } from "compute-cluster";

const folder = process.argv[2];
async function area(isolation) {
  const cc = new ComputeCluster({ module: join(folder, "area.mjs"), isolation, maxWorkers: 1 });
  const result = { area: await cc.enqueue({ r: 2 }), adapter: cc.stats().adapter };
  await cc.close();
  return result;
}
function echo() {
  return new Promise((resolve, reject) => {
    const cc = new ComputeCluster({ module: join(folder, "echo.cjs"), maxWorkers: 1 });
    cc.enqueue("hi", (error, answer) => {
      if (error) reject(error);
      else cc.exit(() => resolve(answer));
    });
  });
}
Promise.all([area("process"), area("thread"), echo()]).then(
  ([process, thread, echo]) => console.log(JSON.stringify({ process, thread, echo })),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
`;

const CJS_APP = `
const ComputeCluster = require("compute-cluster");
const { ClusterError, OptionTypeError, OptionRangeError } = ComputeCluster;

function thrown(run) {
  try { run(); } catch (error) { return error; }
}
async function main() {
  const esm = await import("compute-cluster");
  const cc = new ComputeCluster({ module: __dirname + "/area.mjs", max_processes: 1 });
  const area = await cc.enqueue({ r: 2 });
  await cc.exit();
  const closed = await cc.enqueue({ r: 2 }).catch((error) => error);
  const old = new ComputeCluster.default({ module: __dirname + "/echo.cjs" });
  const echo = await old.enqueue("hi");
  await old.exit();
  console.log(JSON.stringify({
    area,
    echo,
    isClass: typeof ComputeCluster === "function" && ComputeCluster.ComputeCluster === ComputeCluster &&
      ComputeCluster.default === ComputeCluster && ComputeCluster.name === "ComputeCluster",
    sameAsImport: esm.ComputeCluster === ComputeCluster && esm.default === ComputeCluster && esm.ClusterError === ClusterError,
    errors: [
      closed.code,
      closed.name,
      closed instanceof ClusterError,
      thrown(() => new ComputeCluster({})) instanceof OptionTypeError,
      thrown(() => new ComputeCluster({ module: __filename, maxWorkers: 0 })) instanceof OptionRangeError,
    ],
  }));
}
main();
`;

/** Two workers and the programs that use them. */
export const APPS: Files = {
  "area.mjs": "export default ({ r }) => Math.PI * r ** 2;\n",
  "echo.cjs": `process.on("message", (said) => process.send({ said }));\n`,
  "app.mjs": APP,
  "app.cjs": CJS_APP,
};

const WORKER_TS = `
interface Job {
  readonly r: number;
}
export default (job: Job): number => Math.PI * job.r ** 2;
export const greet = (name: string): Promise<string> => Promise.resolve("hello " + name);
export const setup = (data: unknown): void => void data;
export const VERSION = 3;
`;

/** Fails to compile unless the types of the worker flow to its callers. */
const CHECKS = `
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<T extends true, U extends true = true>(..._: (T & U)[]): void {}

async function typed(cc: ComputeCluster<typeof Worker>): Promise<void> {
  const area = await cc.enqueue({ r: 2 });
  same<Equal<typeof area, number>>();
  const greeting = await cc.enqueue("you", { task: "greet", timeout: 100, signal: AbortSignal.timeout(100) });
  same<Equal<typeof greeting, string>>();
  // @ts-expect-error: the worker takes a radius
  void cc.enqueue({ radius: 2 });
  // @ts-expect-error: greet takes a string
  void cc.enqueue({ r: 2 }, { task: "greet" });
  // @ts-expect-error: there is no such task
  void cc.enqueue("you", { task: "shout" });
  // @ts-expect-error: setup is no task
  void cc.enqueue("you", { task: "setup" });
  const chained = cc.enqueue({ r: 2 }, (error, answer) => {
    same<Equal<typeof error, Error | null>, Equal<typeof answer, number>>();
  });
  same<Equal<typeof chained, ComputeCluster<typeof Worker>>>();
  cc.on("job:settled", (fact) => same<Equal<typeof fact.ok, boolean>>());
  cc.on("error", (error) => same<Equal<typeof error, Error>>());
  const stats: Stats = cc.stats();
  same<Equal<typeof stats.workers.idle, number>>();
}
async function untyped(options: ComputeClusterOptions): Promise<void> {
  const cc = new ComputeCluster(options);
  const answer = await cc.enqueue({ anything: true }, { task: "any" });
  same<Equal<typeof answer, unknown>>();
  // @ts-expect-error: module is required
  new ComputeCluster({});
  // @ts-expect-error: there is no such option
  new ComputeCluster({ module: "x", workers: 2 });
}
function known(error: unknown): ErrorCode | undefined {
  return error instanceof ClusterError || error instanceof OptionTypeError ? error.code : undefined;
}
class Pool extends ComputeCluster<typeof Worker> {}
export const checked = [typed, untyped, known, Pool, (context: JobContext) => context.signal.aborted];
`;

/** Programs that only a compiler runs. */
export const TYPED: Files = {
  "worker.ts": WORKER_TS,
  "typed.ts": `
import ByDefault, { ClusterError, ComputeCluster, OptionTypeError } from "compute-cluster";
import type { ComputeClusterOptions, ErrorCode, JobContext, Stats } from "compute-cluster";
import type * as Worker from "./worker.ts";
${CHECKS}
same<Equal<typeof ByDefault, typeof ComputeCluster>>();
`,
};

/** The same from CommonJS. */
export const TYPED_CTS: Files = {
  "typed.cts": `
import ComputeCluster = require("compute-cluster");
import type * as Worker from "./worker.ts" with { "resolution-mode": "import" };
const { ClusterError, OptionTypeError } = ComputeCluster;
type ComputeClusterOptions = ComputeCluster.ComputeClusterOptions;
type ErrorCode = ComputeCluster.ErrorCode;
type JobContext = ComputeCluster.JobContext;
type Stats = ComputeCluster.Stats;
${CHECKS}
const failure: ComputeCluster.ClusterError = new ComputeCluster.ClusterError("CC_ERR_CLOSED", "closed");
same<Equal<typeof failure.retryable, boolean>, Equal<typeof ComputeCluster.default, typeof ComputeCluster.ComputeCluster>>();
`,
  "imported.cts": `
import {
  ClusterError, ComputeCluster, OptionTypeError,
  type ComputeClusterOptions, type ErrorCode, type JobContext, type Stats,
} from "compute-cluster";
import { type DeadLetters, Monitor } from "compute-cluster/nats";
import type * as Worker from "./worker.ts" with { "resolution-mode": "import" };
${CHECKS}
export let cluster: ComputeCluster | null = null;
export let letters: DeadLetters | null = null;
export const watched: Promise<Monitor> = Monitor.open({ servers: "nats://localhost", queue: "q" });
`,
};

/** A `tsconfig.json` that finds the types of Node here. */
export function tsconfig(options: Record<string, unknown>): Files {
  const compilerOptions = {
    target: "es2023",
    lib: ["es2023"],
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    skipLibCheck: false,
    typeRoots: [join(root, "node_modules/@types")],
    types: ["node"],
    ...options,
  };
  return { "tsconfig.json": JSON.stringify({ compilerOptions, include: ["*.ts", "*.cts"] }) };
}
