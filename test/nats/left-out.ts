/**
 * What of the conformance suite is not about engines, or not about one whose workers are elsewhere.
 */

/** The suites that every engine is to pass. The others are about workers: they are a host's, whose cluster is like any other. */
export const SUITES: readonly string[] = [
  "jobs settle, and nothing hangs",
  "timeouts and signals",
  "the end",
  "errors arrive as thrown",
  "values arrive as sent",
  "values that fight back",
  "worker modules",
  "items in, results out",
  "how far a job is",
  "the caller's context, and its trace",
  "spans and metrics",
  "the class",
  "bad input",
  "odd modules and programs",
];

/** Those that newer brokers are tried with, too. */
export const SOME: readonly string[] = ["timeouts and signals", "values arrive as sent", "how far a job is"];

const WORKERS = "statistics and events of workers are their host's";
const STAY = "workers stay, for jobs of others";
const BACKLOG = "the queue's limit counts jobs that run, too, and those of maps";
const RETRIES = "runs again are counted and told by the host";
const NAMES = "the names of jobs are no numbers: hosts have those of many programs";
const CHANNELS = "a host in the same program tells of its jobs on the same channels";

/** Cases that are left out, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "Never more workers than maxWorkers, and one for one job": WORKERS,
  "A refused job settles once and never runs": BACKLOG,
  "Jobs start in the order they were enqueued, across a worker's death":
    "that is not promised: a host gives back what would wait behind a job that turns out to take long",
  "A module that throws while it loads fails the waiting jobs soon, with its error as the cause":
    "jobs wait at the broker: a host fails those alone that it has taken",
  "A second or late message of a worker answers no other job": WORKERS,
  "Retried jobs run again at the front, and are set aside as poison when the retries are used up": RETRIES,
  "Jobs that ran beside one that ends its worker are not set aside with it": RETRIES,
  "A job that waits beyond its deadline is dropped, and never runs":
    "a host may have begun it, for all that its caller knows: it is not retryable",
  "A handler that ignores its signal loses its worker after abortGrace, and not before": WORKERS,
  "A worker that is sent home calls its exit listeners (close)": STAY,
  "close finishes what was accepted, refuses the rest, and leaves no worker": STAY,
  "exit fails what runs and what waits, starts nothing more, and leaves no worker": STAY,
  "ready starts what is kept warm": WORKERS,
  "A worker that is idle for long ends, down to minWorkers": WORKERS,
  "setup runs before the first job with its data, and teardown before the worker ends": STAY,
  "A deaf worker is killed after killGrace": STAY,
  "The stack shows where it was enqueued among very many jobs too, where the answer is awaited": NAMES,
  "A cluster's own error shows where its job was enqueued, and nothing of the cluster's inside": NAMES,
  "serialization json is that of JSON.stringify on every way to a worker":
    "the option is its hosts': to the broker values go in one way",
  "transfer moves memory": "no memory can be moved to another machine",
  "Error.prepareStackTrace that throws keeps no job from its end": "the hook fails the official client, too",
  "maps and other jobs don't hold one another up, whatever the backlog may be": BACKLOG,
  "map ends when the cluster is closed, after what it has taken": BACKLOG,
  "permissions are never more than the program's": "what workers can't be given is refused by their host",
  "A working directory that is not there is refused": "what workers can't be given is refused by their host",
  "setupData that can't be sent fails the waiting jobs with the path, and leaves no worker": WORKERS,
  "Events of a job are told in its caller's context: queued, started, retried, settled, refused": RETRIES,
  "Events of the jobs of a map are told in the context of who called it, on channels too": CHANNELS,
  "A cluster inside of a worker passes on the trace of the job that uses it": "jobs that yield are refused",
  "A broadcast carries its trace to each worker, and is followed in each": "broadcasts are refused",
  "A tracer follows every job in its caller's context, and says what each run carries": RETRIES,
  "A job's spans hang on the active one, and the worker's on that of the run":
    "workers have their host's name in theirs",
  "A job that is cancelled or refused before it runs has no run": BACKLOG,
  "A job that is run again has two runs, each with its own span in the worker": RETRIES,
  "Metrics count jobs, tell how long they took, and read what is going on": BACKLOG,
  "A job that is enqueued again under its id is run once, for all": "a name is the same job while its answer is kept",
  "Jobs of a higher priority are the next": "the broker has three levels",
  "tasks are functions, by the names that the module exports": NAMES,
  "Whoever subscribes to a channel is told what happens in every cluster": CHANNELS,
  "info and debug tell sentences": WORKERS,
  "Facts are told in order, for machines": WORKERS,
  "drain tells that the backlog is empty after refusals": BACKLOG,
  "A job that is predicted to take too long is refused, and an idle cluster always admits":
    "what hosts can do is known a moment after jobs began to run, by what they tell",
  "A nested enqueue finds the worker free": WORKERS,
  "stats tell the kind of worker and count each job once": WORKERS,
  "What can't be written as JSON is named": "values cross as structured clone carries them, however workers get them",
  "Only own properties are options": "the official client takes inherited options",
};
