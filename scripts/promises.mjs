// What compute-cluster promises, how each promise is kept, and which tests prove it.

/**
 * @typedef {object} Promised
 * @property {string} promise
 * @property {string} how
 * @property {string[]} suites Titles of suites whose cases prove it.
 * @property {string[]} capabilities What a kind of worker must be able to do to keep it; `runtimes/capabilities.ts` says which
 * can't.
 */

/** @type {Promised[]} */
export const PROMISES = [
  {
    promise: "Every accepted job settles exactly once; every refused job settles exactly once and never runs.",
    how:
      "A job is a state machine with one function that settles it. Admission is decided in the call, and a refused job never enters the queue. A model in random histories checks that each job is told once.",
    suites: ["jobs settle, and nothing hangs", "the class", "bad input", "who comes in", "limits", "what nobody hears"],
    capabilities: [],
  },
  {
    promise:
      "Nothing hangs: not on exit(0) in a job, SIGKILL, a module that throws at load, `throw null`, an answer that can't be cloned, a full pipe, a close during start.",
    how:
      "`exit` is the only event that ends a worker's life, and every adapter tells it once, whatever the runtime tells or forgets. Starts have a time limit and a breaker. What a worker throws or answers is encoded by us before the transport sees it.",
    suites: [
      "a worker can't be started",
      "the end of the cluster, and of a worker that has just answered",
      "the line to a worker",
      "hostile workers",
      "output",
      "odd modules and programs",
    ],
    capabilities: ["leaves", "outOfFiles", "outOfMemory"],
  },
  {
    promise: "A worker's death fails only the jobs that were running on it. The queue goes on by itself.",
    how:
      "A worker's exit is a turn like any other: the jobs that had begun fail, those that had not (tickets tell) go back, and answers that it kept back are taken; then `dispatch` gives the rest to other workers or starts one.",
    suites: [
      "a worker dies",
      "jobs sent ahead",
      "jobs that have not begun",
      "workers leave by themselves",
      "recycling",
    ],
    capabilities: ["outOfMemory"],
  },
  {
    promise: "`timeout` and `signal` free the worker even from `while (true) {}`.",
    how:
      "The caller is answered at once. A worker that does not show a free loop within 200 ms, or whose handler goes on, is killed with SIGKILL or `terminate()` and replaced.",
    suites: ["timeouts and signals", "a worker will not stop"],
    capabilities: ["kill"],
  },
  {
    promise:
      "After `close` or `exit` settles, no worker is left. After a SIGKILL of the program none is left within 2 s, not even one in a busy loop.",
    how:
      "`close` waits for the exit of every worker, which is killed after `killGrace`. One `/bin/sh` per program holds a pipe and kills what is left when the pipe closes; Windows has job objects.",
    suites: ["the end", "who outlives whom", "orphans of every kind", "signals of the terminal"],
    capabilities: ["kill"],
  },
  {
    promise: "An idle cluster does not keep the program alive; a cluster with jobs does.",
    how: "A worker is ref'ed while it has a job and unref'ed while it rests, in each runtime's own way.",
    suites: ["the end", "what is left behind"],
    capabilities: [],
  },
  {
    promise:
      "Errors arrive as thrown: class, message, stack, cause chain, code and own properties, AggregateError, DOMException, and values that are no errors. A lost worker's error has pid, exit code, signal, job and the end of stderr.",
    how:
      "One codec writes what was thrown as a plain tree and makes it anew. The stack goes on with the call of `enqueue`. The end of stderr is kept, 4 KB of it, while it still reaches the terminal.",
    suites: ["errors arrive as thrown", "what callers are told"],
    capabilities: ["stderr"],
  },
  {
    promise:
      "What structured clone carries, arrives, in both directions; what it can't carry fails that job alone, with the path.",
    how:
      "Values travel inside of frames of ours: as JSON where that loses nothing, by structured clone otherwise. When a transport refuses one, the value is searched for what it was.",
    suites: ["values arrive as sent", "values that fight back", "values", "memory of others"],
    capabilities: ["buffer", "transfer", "aliases"],
  },
  {
    promise: "Jobs start in the order they were enqueued.",
    how:
      "One queue; a job that goes back goes to its place in it. Exact with `prefetch: 0`, with one worker, and for jobs of more than 3 ms; short jobs in different workers may change places by that time.",
    suites: ["in which order"],
    capabilities: [],
  },
  {
    promise: "No message a worker sends can be taken for another job's answer.",
    how:
      "Answers carry the number of their job, and frames a key that the module does not know. A second `process.send` from the code of a job is nobody's; one from code that no job has started belongs to the one job that runs, which only the module can know to be wrong, unless that is run by a function that returns its answer.",
    suites: ["answers that are nobody's"],
    capabilities: [],
  },
];

/** Suites that prove what stands beside the promises: modules, surroundings, numbers. */
export const BESIDE = [
  "worker modules",
  "packed bootstrap, worker modules",
  "packed bootstrap, errors",
  "surroundings",
  "under a debugger",
  "where the module is",
  "how many workers",
  "items in, results out",
  "what a job yields",
  "jobs of one key",
  "what all workers are given",
  "how far a job is",
  "clusters that share a budget",
  "budgets of processes",
  "the caller's context, and its trace",
  "spans and metrics",
];
