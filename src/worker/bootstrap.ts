/**
 * What runs inside every worker, beside the user's module: the same source on every runtime and in every isolation. It is
 * shipped as one string (`bootstrap.generated.ts`), because a file of ours would not be found from inside of a bundle.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { files, ownProcess, workerThreads } from "../built-in.ts";
import { BUDGET_KEY, frameType, type HostFrame, type Init, THREAD_MARK } from "../core/frame.ts";
import { sendThrown, stackOf } from "../wire/error-codec.ts";
import { openTraceScope } from "../trace-scope.ts";
import { type Contract, readContract } from "./contract.ts";
import { endOnRejections, reportFatal, reportFatalInDeno } from "./fatal.ts";
import { type Inbox, separateInbox } from "./inbox.ts";
import type { Link } from "./link.ts";
import { pipeLink } from "./pipe-link.ts";
import { bunLink, denoLink } from "./process-link.ts";
import { Runner } from "./runner.ts";
import { leaveSignalsToHost } from "./terminal.ts";
import { threadLink } from "./thread-link.ts";
import { webLink } from "./web-link.ts";

/** The globals that are only there on some runtimes. */
const globals = globalThis as unknown as
  & {
    Deno?: Parameters<typeof webLink>[2] & { readonly mainModule: string };
    Bun?: { readonly isMainThread: boolean };
    DedicatedWorkerGlobalScope?: unknown;
  }
  & Parameters<typeof webLink>[1]
  & Parameters<typeof reportFatalInDeno>[1];

/** The end of the bootstrap's source, and of its URL. */
const OWN_NAME = "compute-cluster-worker.js";

/** Every frame that a host sends; anything else on the channel is the user's. */
const HOST_FRAMES = new Set(["init", "jobs", "jobs:text", "json", "recall", "abort", "more", "stop", "ping"]);

// Taken hold of before the module can replace them.
const { parse } = JSON;
const { realpathSync } = files();
/** Before the module may change it. */
const [, mainPath] = ownProcess().argv;

main();

function main(): void {
  const process = ownProcess();
  hideBootstrap(process);
  const link = takeHold(process);
  if (link) serve(process, link);
}

function serve(process: NodeJS.Process, link: Link): void {
  const inbox = separateInbox(process, (value) => HOST_FRAMES.has(frameType(value) ?? ""));
  let runner: Runner | null = null;
  let contract: Contract | null = null;
  openTraceScope({ current: () => runner?.calls.trace ?? null, begin: (_, begin) => begin() });
  define(process, "send", (message: unknown, ...rest: unknown[]) => {
    // Before there are jobs a message can answer none.
    runner?.calls.send(message);
    const callback = rest.find((item) => typeof item === "function");
    if (callback) queueMicrotask(() => callback(null));
    return true;
  });
  define(process, "disconnect", () => link.disconnect());

  const receive = (frame: HostFrame): unknown => {
    switch (frameType(frame) as HostFrame["type"] | null) {
      case "init":
        return void begin((frame as { init: Init }).init).catch(failIn(link));
      case "jobs":
        return runner?.take((frame as Extract<HostFrame, { type: "jobs" }>).jobs);
      case "jobs:text":
        return runner?.take(parse((frame as Extract<HostFrame, { type: "jobs:text" }>).text));
      case "json":
        return receive(parse((frame as Extract<HostFrame, { type: "json" }>).text));
      case "recall":
        return runner?.recall((frame as Extract<HostFrame, { type: "recall" }>).count);
      case "abort": {
        const { job, why } = frame as Extract<HostFrame, { type: "abort" }>;
        return runner?.abort(job, why);
      }
      case "more": {
        const { job, count } = frame as Extract<HostFrame, { type: "more" }>;
        return runner?.calls.more(job, count);
      }
      case "ping":
        return link.post({ type: "pong" });
      case "stop":
        return void leave();
    }
  };
  link.listen(receive);

  async function begin(init: Init): Promise<void> {
    const path = init.module.startsWith("file:") ? fileURLToPath(init.module) : init.module;
    link.begin?.(init, path);
    if (init.budget) Object.defineProperty(globalThis, Symbol.for(BUDGET_KEY), { value: init.budget });
    contract = readContract(await load(process, init, path));
    await contract.setup?.(init.setupData);
    if (!hasHandlers(contract)) await listener(inbox, link);
    // What the module left behind and rejects, or throws at once, ends the worker before it gets a job.
    await new Promise((resolve) => setImmediate(resolve));
    const jobs = new Runner(link, contract, inbox, init, failIn(link));
    // Also when a job ends its worker.
    process.on("exit", () => jobs.flush());
    runner = jobs;
    for (const { number, task, args } of init.replay ?? []) {
      // It may end the worker, or never end.
      link.post({ type: "replaying", key: init.key, number });
      await jobs.calls.replay(task, args).catch((thrown) =>
        sendThrown(
          thrown,
          init.serialization,
          (error) => link.post({ type: "unreplayed", key: init.key, number, error }),
        )
      );
    }
    link.post({ type: "ready", key: init.key, teardown: contract.teardown !== undefined });
  }

  async function leave(): Promise<void> {
    await contract?.teardown?.();
    // What was printed is to arrive, however slowly it is read. How long that may take is the host's to say.
    await written(process, "stdout");
    await written(process, "stderr");
    link.leave(0);
  }
}

/** The line to the host, or null where this is no worker of ours: a preload also runs in threads that the module starts. */
function takeHold(process: NodeJS.Process): Link | null {
  if (globals.Deno && globals.DedicatedWorkerGlobalScope) {
    const link = webLink(process, globals, globals.Deno);
    reportFatalInDeno(process, globals, reportThrown(link), () => link.leave(1));
    return link;
  }
  if (!isMainThread(process)) {
    const { parentPort, workerData } = workerThreads();
    if (workerData !== THREAD_MARK || !parentPort) return null;
    const link = threadLink(process, parentPort);
    reportFatal(process, reportThrown(link));
    if (globals.Bun) endOnRejections(process, failIn(link));
    return link;
  }
  const link = globals.Bun ? bunLink(process) : globals.Deno ? denoLink(process) : pipeLink(process);
  leaveSignalsToHost(process);
  if (globals.Deno) reportFatalInDeno(process, globals, reportThrown(link), null);
  else reportFatal(process, reportThrown(link));
  if (globals.Bun) endOnRejections(process, failIn(link));
  return link;
}

/** As `node:worker_threads` tells it, which takes a twentieth of a worker's start to load, and has nothing else for a process. */
function isMainThread(process: NodeJS.Process): boolean {
  if (globals.Bun) return globals.Bun.isMainThread;
  if (globals.Deno) return workerThreads().isMainThread;
  try {
    process.chdir(".");
    return true;
  } catch (error) {
    // Anything else is about the folder, which may be gone.
    return (error as NodeJS.ErrnoException).code !== "ERR_WORKER_UNSUPPORTED_OPERATION";
  }
}

/** Tells the host of an error that is about to end the worker. */
function reportThrown(link: Link): (error: unknown) => void {
  return (thrown) => sendThrown(thrown, "advanced", (error) => link.post({ type: "fatal", error }));
}

/** Prints and reports an error, and ends the worker, as Node does. */
function failIn(link: Link): (error: unknown) => void {
  return (error) => {
    // Bun's own text shows where we are, which is a URL of 30 KB in a thread (1.4.5).
    console.error(globals.Bun && error instanceof Error ? stackOf(error) : error);
    reportThrown(link)(error);
    link.leave(1);
  };
}

/** The module's exports, once it has run. */
async function load(process: NodeJS.Process, { imports, module, argv }: Init, path: string): Promise<object> {
  if (imports) {
    process.argv.splice(1, process.argv.length, path, ...argv);
    return await import(module).catch((error) => {
      throw withoutImporter(error);
    });
  }
  // Deno does not tell a preload what its main module throws: imported from here, under the same name, it does. It runs
  // once, whoever is first.
  if (globals.Deno) return await import(globals.Deno.mainModule);
  // Node runs the module as its main one; the import is answered from the cache, once the module has run.
  await new Promise((resolve) => setImmediate(resolve));
  try {
    return await import(pathToFileURL(realpathSync(mainPath as string)).href);
  } catch (error) {
    // Node reports what the main module throws, and ends; unless the module has listened for that before it threw.
    if (process.listenerCount("uncaughtException") > 0 || process.hasUncaughtExceptionCaptureCallback()) throw error;
    return await new Promise(() => {});
  }
}

/** What a runtime says of a module that is not there names who imports it: in a thread that is all of this bootstrap. */
function withoutImporter(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  for (const name of ["message", "stack"] as const) {
    const text = error[name]?.replace(/ imported from ["']?\/?data:text\/javascript,[^\n]*/, "");
    if (text !== error[name]) Object.defineProperty(error, name, { value: text });
  }
  return error;
}

/** Resolves once what was written to the stream has left the worker, or can't. */
async function written(process: NodeJS.Process, name: "stdout" | "stderr"): Promise<void> {
  try {
    const stream = process[name];
    // Bun's streams tell of what they keep by their end alone (1.4.5); its console doesn't use them.
    if (globals.Bun) await new Promise<void>((resolve) => stream.end(resolve));
    else if (stream.writableLength > 0) await new Promise((resolve) => stream.write("", resolve));
  } catch {
    // There is none.
  }
}

function hasHandlers(contract: Contract): boolean {
  return contract.handler(null) !== undefined || contract.tasks.length > 0;
}

/** Waits for the module's `message` listener. A module that has nothing left to do by which to add one ends meanwhile. */
async function listener(inbox: Inbox, link: Link): Promise<void> {
  if (inbox.heard) return;
  link.hold(false);
  await new Promise<void>((resolve) => inbox.whenHeard(resolve));
  link.hold(true);
}

/** Processes that the module forks get `process.execArgv`, and must not run the bootstrap. */
function hideBootstrap(process: NodeJS.Process): void {
  const { execArgv } = process;
  const at = execArgv.findIndex((flag, i) =>
    (flag === "--import" || flag === "-e") && execArgv[i + 1]?.endsWith(OWN_NAME)
  );
  if (at >= 0) execArgv.splice(at, 2);
}

function define(process: NodeJS.Process, name: string, value: unknown): void {
  Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: true });
}
