/**
 * The errors that tell of ended jobs and lost workers. Each call makes a new one: no two jobs share an error object.
 *
 * @module
 */

import type { Isolation, WorkerExit, WorkerPort } from "./adapter.ts";
import { ClusterError } from "./errors.ts";
import type { Job } from "./job.ts";

/** A worker ended while it had a job, or without being told to. */
export function workerExit(exit: WorkerExit, port: WorkerPort, isolation: Isolation, job?: string): ClusterError {
  return new ClusterError("CC_ERR_WORKER_EXIT", `compute ${isolation} (${port.id}) dies with ${manner(exit)}`, {
    ...details(exit, port),
    ...(job === undefined ? {} : { job }),
  });
}

/** A worker ended before its module was loaded; the cause of a {@link startError}. */
export function earlyExit(exit: WorkerExit, port: WorkerPort, isolation: Isolation): ClusterError {
  const message = exit.code === 0
    ? "the worker left before it was ready: its module called process.exit, or it exports no function and has no " +
      'process.on("message") listener'
    : `compute ${isolation} (${port.id}) dies with ${manner(exit)} before it was ready`;
  return new ClusterError("CC_ERR_WORKER_START", message, { ...details(exit, port), retryable: true });
}

/** A worker took too long to load its module. */
export function slowStart(port: WorkerPort, startTimeout: number): ClusterError {
  const message =
    `compute worker (${port.id}) was not ready within ${startTimeout} ms (startTimeout): its module or its ` +
    `setup() still runs, or it exports no function and has no process.on("message") listener`;
  return new ClusterError("CC_ERR_WORKER_START", message, { worker: port.id, limit: startTimeout, retryable: true });
}

/** No worker can be started; `failure` is the last attempt's. */
export function noWorker(failure: ClusterError, module: string, job?: Pick<Job, "id" | "attempt">): ClusterError {
  const origin = failure.cause ?? failure;
  const said = origin instanceof Error ? origin.message : String(origin);
  const { pid, worker, exitCode, signal, stderr } = failure;
  return new ClusterError("CC_ERR_WORKER_START", `cannot start a worker for ${module}: ${said}`, {
    ...present({ pid, worker, exitCode, signal, stderr, job: job?.id }),
    cause: origin,
    retryable: !job?.attempt,
  });
}

/** A job whose every run has cost a worker. */
export function poison(job: string, attempts: number, last: ClusterError): ClusterError {
  return new ClusterError(
    "CC_ERR_POISON",
    `job ${job} was set aside: ${attempts} workers were lost while they ran it`,
    {
      job,
      cause: last,
    },
  );
}

/** A job ran longer than its `timeout`. */
export function timedOut(job: string, limit: number): ClusterError {
  return new ClusterError("CC_ERR_TIMEOUT", `job ${job} ran longer than its timeout of ${limit} ms`, { job, limit });
}

/** A job that waits too long. `expected`: how long one that came now would take, null if that is not known. */
export function dropped({ id, attempt, request: { deadline } }: Job, expected: number | null): ClusterError {
  const message = `job ${id} was dropped: it was not expected to be answered within its deadline of ${deadline} ms`;
  const again = expected === null ? {} : { expected, retryAfter: Math.max(1, Math.ceil(expected - deadline)) };
  return new ClusterError("CC_ERR_DEADLINE", message, { job: id, limit: deadline, ...again, retryable: attempt === 0 });
}

/** A job that was not answered in time. */
export function pastDeadline({ id, request: { deadline } }: Pick<Job, "id" | "request">): ClusterError {
  const message = `job ${id} was not answered within its deadline of ${deadline} ms`;
  return new ClusterError("CC_ERR_DEADLINE", message, { job: id, limit: deadline });
}

/** A job for one worker alone, which takes none any more. */
export function leftOut({ id: job, only }: Job): ClusterError {
  const message = `job ${job} was for the worker ${only?.port.id} alone, which has ended`;
  return new ClusterError("CC_ERR_WORKER_EXIT", message, {
    ...present({ job, worker: only?.port.id }),
    retryable: true,
  });
}

/** Somebody asked a cluster that is closing or closed; `job`, if a job was asked for. */
export function closed(job?: string): ClusterError {
  return new ClusterError("CC_ERR_CLOSED", "the cluster is closed", { ...present({ job }), retryable: true });
}

/** A job that the end of the cluster cut off. `started` says whether it had begun to run. */
export function cutOff(job: string, started: boolean): ClusterError {
  const message = `job ${job} was given up: the cluster has exited`;
  return new ClusterError("CC_ERR_CLOSED", message, { job, retryable: !started });
}

/** A thread that can't be stopped. */
export function abandoned(port: WorkerPort): ClusterError {
  const message =
    `compute thread (${port.id}) is busy and this runtime can't stop it: it was given up, but may use a core until ` +
    `the program ends; use isolation: "process" for jobs that may not end`;
  return new ClusterError("CC_ERR_WORKER_EXIT", message, { worker: port.id });
}

/** A broadcast that was to be replayed has failed in a new worker. */
export function unreplayed({ id: worker }: WorkerPort, cause: unknown): ClusterError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = `a broadcast failed in the new worker ${worker}, and is not replayed any more: ${said}`;
  return new ClusterError("CC_ERR_WORKER_START", message, { worker, cause });
}

function manner({ code, signal }: WorkerExit): string {
  return signal === null ? `code: ${code}` : `code: ${code}, signal: ${signal}`;
}

function details(exit: WorkerExit, port: WorkerPort): Record<string, unknown> {
  const { code: exitCode, signal, stderr, cause } = exit;
  return present({ worker: port.id, pid: port.pid ?? undefined, exitCode, signal, stderr, cause: cause ?? undefined });
}

/** The fields that are there: an error doesn't list what it doesn't know. */
function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
