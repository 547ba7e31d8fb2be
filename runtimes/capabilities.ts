/**
 * What each kind of worker can't do, and why. The one place for it: options that a kind can't honour are refused by this
 * table, the tests expect what it says, and docs/processes-and-threads.md shows it.
 *
 * @module
 */

import type { Isolation } from "../src/core/adapter.ts";
import type { Runtime } from "./select.ts";

/** What not every kind of worker can do. */
export const CAPABILITIES = {
  env: "A worker's own environment (`env`); otherwise it has the program's",
  cwd: "A worker's own working directory (`cwd`)",
  execArgv: "Flags for the runtime (`execArgv`)",
  execPath: "Another executable of the runtime (`execPath`)",
  stdio: 'Sending output nowhere (`stdio: "ignore"`)',
  niceness: "Standing back for others (`niceness`)",
  resourceLimits: "A limit on memory (`resourceLimits`)",
  permissions: "Fewer rights than the program (`permissions`)",
  serialization: "A choice of `serialization`",
  kill: "Ending a worker whose event loop is blocked",
  native:
    "Ending a worker in code that is not JavaScript: a synchronous read that waits, a child process that is waited for",
  stderr: "The end of a lost worker's stderr in the error",
  transfer: "`transfer` moves instead of copying",
  aliases: "Views of one `ArrayBuffer`, sent together with it, arrive as views of one",
  buffer: "`Buffer` arrives as `Buffer`; otherwise as `Uint8Array`",
  cause: "An Error in arguments or answers keeps its `cause`; one that a job throws keeps it everywhere",
  outOfMemory: "A worker that runs out of memory ends alone",
  unpaused: "Runs while a program under `--inspect-brk` has its debugger resume the program only",
  children: "What a job has started lives on when its worker ends",
  outOfFiles: "A worker that can't be started for want of file descriptors fails its jobs, not the program",
  main: "A CommonJS worker finds itself to be the main module (`require.main === module`)",
  leaves:
    "A module that exports no function, listens for nothing and has nothing to do fails at once, not after `startTimeout`",
  forgets: "Nothing of the last answer is kept while a worker idles",
  questionMark: "A module whose file name has a question mark",
  channels: "A subscription to a diagnostics channel lasts though nobody holds the channel",
  closesInContext:
    "An async generator that a `map` closes while it reads ahead ends in the context of who called `map`",
} as const;

/** Something that not every kind of worker can do. */
export type Capability = keyof typeof CAPABILITIES;

/** Why a kind of worker lacks something. */
export interface Lack {
  readonly because: string;
  /** The issue or page upstream, where the reason is a fault or a gap of the runtime. */
  readonly link?: string;
  /** The version that it was seen in. */
  readonly seen?: string;
}

/** The kinds of workers. */
export type WorkerKind = `${Runtime} ${Isolation}`;

const THREAD: Partial<Record<Capability, Lack>> = {
  cwd: { because: "all threads of a program share its working directory" },
  execPath: { because: "a thread runs in the program's own executable" },
  niceness: { because: "a thread has the program's own priority" },
  serialization: { because: "threads always carry what structured clone does" },
  main: { because: "the main module of a thread is the bootstrap" },
  native: {
    because:
      "a thread in code that is not JavaScript (a synchronous read that waits, a child process that is waited for; on Bun now and then a loop that calls the system at every turn) can't be stopped: its job fails on time, and it is given up and replaced",
    seen: "Node 26.10.0, Bun 1.4.5, Deno 2.9.6",
  },
  stderr: { because: "a thread writes to the program's own stderr" },
  buffer: {
    because: "structured clone between threads knows no Buffer",
    link:
      "https://nodejs.org/api/worker_threads.html#considerations-when-cloning-objects-with-prototypes-classes-and-accessors",
  },
};

const BUN: Partial<Record<Capability, Lack>> = {
  cause: { because: "Bun's structured clone leaves the cause of an Error out", seen: "Bun 1.4.5" },
  questionMark: { because: "Bun takes the rest of the name for a query", seen: "Bun 1.4.5" },
  channels: {
    because: "Bun collects a channel that nobody holds until there is a cluster, with its subscribers",
    link: "https://github.com/oven-sh/bun/issues/43086",
    seen: "Bun 1.4.5",
  },
};

const PROCESS: Partial<Record<Capability, Lack>> = {
  transfer: { because: "processes share no memory: objects are copied" },
};

/** What holds for Deno, whatever its workers are. */
const NO_CONTEXT: Partial<Record<Capability, Lack>> = {
  closesInContext: {
    because: "Deno ends an async generator in no context at all when its `return` came while a `next` was awaited",
    seen: "Deno 2.9.6",
  },
};

const OWN_BYTES: Partial<Record<Capability, Lack>> = {
  aliases: { because: "a process gets each view with its own bytes" },
};

/** What each kind of worker can't do. What is not listed, it can. */
export const LACKS: Readonly<Record<WorkerKind, Partial<Record<Capability, Lack>>>> = {
  "node process": { ...PROCESS, ...OWN_BYTES, permissions: { because: "Node has --permission; pass it in execArgv" } },
  "node thread": {
    ...THREAD,
    permissions: { because: "a thread has the program's rights" },
    unpaused: { because: "under --inspect-brk a thread waits for the debugger to resume it too", seen: "Node 20.20" },
  },
  "bun process": {
    ...PROCESS,
    ...BUN,
    main: { because: "Bun preloads no data: URL, so that the bootstrap is the main module", seen: "Bun 1.4.5" },
    permissions: { because: "Bun has no permissions" },
    resourceLimits: {
      because: "Bun ignores --max-old-space-size",
      link: "https://github.com/oven-sh/bun/issues/31411",
      seen: "Bun 1.4.5",
    },
  },
  "bun thread": {
    ...THREAD,
    ...BUN,
    execArgv: { because: "a thread runs with the program's own flags" },
    permissions: { because: "Bun has no permissions" },
    resourceLimits: {
      because: "Bun ignores a thread's resourceLimits",
      link: "https://github.com/oven-sh/bun/issues/31411",
      seen: "Bun 1.4.5",
    },
    outOfMemory: { because: "Bun does not enforce a limit, so the program dies", seen: "Bun 1.4.5" },
    outOfFiles: { because: "Bun ends the whole program when it can't start a thread", seen: "Bun 1.4.5" },
  },
  "deno process": {
    ...PROCESS,
    ...OWN_BYTES,
    ...NO_CONTEXT,
    forgets: { because: "Deno's channel keeps the last message until the next one", seen: "Deno 2.9.6" },
    outOfFiles: {
      because: "Deno may panic when it can't start a process",
      seen: "Deno 2.9.6",
    },
    main: {
      because: "Deno tells nobody what its main module throws, so that the bootstrap imports the module first",
      seen: "Deno 2.9.6",
    },
  },
  "deno thread": {
    ...THREAD,
    ...NO_CONTEXT,
    env: { because: "a Deno Worker has the program's own environment" },
    execArgv: { because: "a thread runs with the program's own flags" },
    stdio: { because: "a Deno Worker writes to the program's own output" },
    resourceLimits: {
      because: "a Deno Worker has no memory limit",
      link: "https://github.com/denoland/deno/pull/32430",
      seen: "Deno 2.9.6",
    },
    permissions: {
      because:
        "permissions of a Deno Worker are unstable, and asking for them without --unstable-worker-options ends the program",
      seen: "Deno 2.9.6",
    },
    kill: {
      because:
        "terminate() does not stop a Deno Worker whose loop is blocked: its job fails on time and it is replaced, but it uses a core until the program ends",
      link: "https://github.com/denoland/deno/pull/35657",
      seen: "Deno 2.9.6",
    },
    children: { because: "Deno ends what a Worker has started when the Worker ends", seen: "Deno 2.9.6" },
    leaves: { because: "a Deno Worker lives until it is closed, with or without anything to do", seen: "Deno 2.9.6" },
    outOfMemory: { because: "a Deno Worker that runs out of memory ends the whole program", seen: "Deno 2.9.6" },
    outOfFiles: { because: "Deno ends the whole program when it can't start a Worker", seen: "Deno 2.9.6" },
  },
};
