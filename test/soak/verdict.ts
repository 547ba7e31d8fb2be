/**
 * Holds what a closed cluster did against what it was to do.
 *
 * @module
 */

import type { Stats } from "../../mod.ts";
import { runtime } from "../../runtimes/select.ts";
import type { Account, Entry, Failure, WorkerEntry } from "./account.ts";
import { type Check, Discrepancy } from "./discrepancy.ts";
import type { RoundPlan } from "./plan.ts";

type Begins = ReadonlyMap<number, readonly (string | null)[]>;

const REFUSALS = new Set(["CC_ERR_BACKLOG_FULL", "CC_ERR_LATENCY"]);

/** Throws the first discrepancy. */
export function judge(account: Account, round: RoundPlan, begins: Begins, stats: Stats): void {
  for (const entry of account.entries) {
    const began = begins.get(entry.n) ?? [];
    need(entry, "answers", answersOf(entry));
    need(entry, "runs", runsOf(entry, began, round));
    need(entry, "reasons", reasonOf(entry, account, round));
  }
  const stranger = [...begins.keys()].find((n) => !account.entries[n - account.first]);
  if (stranger !== undefined) throw new Discrepancy("runs", `job ${stranger} began, and was never enqueued`);
  for (const worker of account.workers.values()) judgeWorker(worker, account, round);
  judgeFaults(account);
  judgeStats(account, stats);
}

function need(entry: Entry, check: Check, wrong: string | null): void {
  if (wrong === null) return;
  const { n, plan, workers, error, answers } = entry;
  const value = answers > 0 ? "with a value" : "not at all";
  const ended = error ? `with ${error.code ?? error.name}: ${error.message}` : value;
  throw new Discrepancy(
    check,
    `job ${n}: ${wrong}\n  planned ${JSON.stringify(plan)}\n  given to workers [${workers}], ended ${ended}`,
  );
}

export function isRefused({ late, error }: Entry): boolean {
  return REFUSALS.has(error?.code ?? "") || (late && error?.code === "CC_ERR_CLOSED");
}

function answersOf(entry: Entry): string | null {
  const { answers, plan, refused, queued, settled } = entry;
  if (answers !== 1) return `expected one answer, got ${answers}`;
  const told = `queued ${queued}, refused ${refused}, settled ${settled}`;
  const expected = plan.abort === "before"
    ? "queued 0, refused 0, settled 0"
    : isRefused(entry)
    ? "queued 0, refused 1, settled 0"
    : "queued 1, refused 0, settled 1";
  return told === expected ? null : `expected the events ${expected}, got ${told}`;
}

function runsOf(entry: Entry, began: readonly (string | null)[], { options }: RoundPlan): string | null {
  const { plan, workers, error } = entry;
  const times = began.length;
  const most = 1 + (options.retries ?? 0);
  if (isRefused(entry) && times > 0) return `it was refused, but ran`;
  if (plan.abort === "before" && times > 0) return "it was aborted beforehand, but ran";
  if (error?.retryable && times > 0) return "its error says that it did not start, but it ran";
  if (!error && times === 0) return "it was answered without having run";
  if (workers.length > most) return `expected at most ${most} starts`;
  if (times > workers.length) return `it ran ${times} times and was given to ${workers.length} workers`;
  const elsewhere = began.find((worker) => worker !== null && !workers.includes(worker));
  return elsewhere === undefined ? null : `it ran in worker ${elsewhere}, which it was not given to`;
}

/** Why a job failed must be something that the soak did, and what must fail must not succeed. */
function reasonOf(entry: Entry, account: Account, round: RoundPlan): string | null {
  const { plan, error } = entry;
  if (!error) {
    if (plan.abort === "before") return "it was aborted beforehand, but succeeded";
    return ["answer", "spin", "sleep", "collect"].includes(plan.does)
      ? null
      : `a job that does "${plan.does}" can't succeed`;
  }
  const { maxBacklog, maxLatency, timeout = Infinity, retries = 0 } = round.options;
  const limit = plan.timeout ?? timeout;
  if (error === (entry.reason as Failure)) return entry.aborted ? null : "it was not aborted";
  if (plan.abort === "before") return "expected the signal's reason";
  if (entry.late) return error.code === "CC_ERR_CLOSED" ? null : "expected CC_ERR_CLOSED, as it came after the end";
  switch (error.code) {
    case "CC_ERR_BACKLOG_FULL":
      return error.limit === maxBacklog ? null : `the backlog's limit is ${maxBacklog}`;
    case "CC_ERR_LATENCY":
      return error.limit === maxLatency ? null : `the latency's limit is ${maxLatency}`;
    case "CC_ERR_TIMEOUT":
      return error.limit === limit && entry.ran >= limit - 2 ? null : `its timeout is ${limit}, it ran ${entry.ran}`;
    case "CC_ERR_CLOSED":
      return account.exited ? null : "exit was not called";
    case "CC_ERR_WORKER_EXIT":
      return retries > 0 && entry.workers.length <= retries && !isBlamed(entry)
        ? "expected a retry"
        : lossOf(error, entry, account, round);
    case "CC_ERR_POISON":
      if (entry.workers.length !== 1 + retries || retries === 0) return `expected ${1 + retries} starts`;
      return lossOf(error.cause as Failure, entry, account, round);
    default: {
      const itsOwn = plan.does === "throw" && error.name === "RangeError" && error.message === `soak ${entry.n}` &&
        error.n === entry.n;
      return itsOwn ? null : "the soak did nothing that explains this error";
    }
  }
}

/** A job that was the next to begin in three workers that died is taken for what they die of. */
function isBlamed({ workers, returnedFrom }: Entry): boolean {
  return workers.length === 0 && returnedFrom.length >= 3;
}

function lossOf(error: Failure, entry: Entry, account: Account, round: RoundPlan): string | null {
  if (error.job !== String(entry.n)) return `the error names job ${error.job}`;
  const worker = (isBlamed(entry) ? entry.returnedFrom : entry.workers).at(-1);
  if (error.worker !== worker) return `the error names worker ${error.worker}`;
  const lost = account.workers.get(worker ?? "");
  if (!lost?.exit) return "its worker has not ended";
  if (lost.exit.code !== (error.exitCode ?? null)) return `its worker ended with code ${lost.exit.code}`;
  return causeOf(lost, round);
}

/** What the soak did to a worker that ended before its time, or what is wrong if it did nothing. */
function causeOf({ id, exit, harmed, jobs }: WorkerEntry, { contract }: RoundPlan): string | null {
  if (harmed) return null;
  const explains = ({ plan, error, reason }: Entry): boolean => {
    if (plan.does === "exit") return exit?.code === plan.code;
    if (plan.does === "throw" && contract === "messages") return exit?.code === 1;
    return exit?.signal === "SIGKILL" && (error?.code === "CC_ERR_TIMEOUT" || error === (reason as Failure));
  };
  return jobs.some(explains) ? null : `the soak did nothing that ends worker ${id} (${JSON.stringify(exit)})`;
}

function judgeWorker(worker: WorkerEntry, account: Account, round: RoundPlan): void {
  const { id, exit, ready } = worker;
  if (!exit) throw new Discrepancy("end", `the cluster has closed, and worker ${id} was never told to have ended`);
  if (!ready && !exit.expected) throw new Discrepancy("end", `worker ${id} died at its start: ${JSON.stringify(exit)}`);
  // Idle ones may leave by themselves where nothing keeps them.
  const wrong = exit.expected ? null : causeOf(worker, round);
  if (wrong !== null) throw new Discrepancy("end", wrong);
  if (!account.exited && exit.expected && exit.jobs > 0 && causeOf(worker, round) !== null) {
    throw new Discrepancy("end", `worker ${id} was told to leave while it had ${exit.jobs} jobs`);
  }
}

/** On a machine that is busy enough, a Deno thread that only waits for a core looks like one that can't be stopped. */
function isAbandonment(fault: Failure): boolean {
  return runtime === "deno" && fault.code === "CC_ERR_WORKER_EXIT" && /can't stop it/.test(fault.message ?? "");
}

/** Workers that died though nobody told them to. */
function lostOf(account: Account): WorkerEntry[] {
  return [...account.workers.values()].filter(({ ready, exit }) =>
    ready && exit && !exit.expected && !(exit.code === 0 && exit.jobs === 0)
  );
}

function judgeFaults(account: Account): void {
  const lost = new Set(lostOf(account).map(({ id }) => id));
  for (const fault of account.faults) {
    if (isAbandonment(fault)) continue;
    if (fault.code === "CC_ERR_WORKER_EXIT" && lost.delete(fault.worker ?? "")) continue;
    throw new Discrepancy(
      "reasons",
      `an error event that nothing explains: ${fault.code ?? fault.name}: ${fault.message}`,
    );
  }
  if (lost.size > 0) throw new Discrepancy("reasons", `no error event told of the loss of workers ${[...lost]}`);
}

function judgeStats(account: Account, stats: Stats): void {
  const submitted = account.entries.filter(({ plan }) => plan.abort !== "before");
  const refused = submitted.filter(isRefused).length;
  const succeeded = submitted.filter(({ error }) => !error).length;
  const accepted = submitted.length - refused;
  const same = (what: string, got: unknown, expected: unknown): void => {
    if (got === expected) return;
    throw new Discrepancy("stats", `stats().${what} is ${String(got)}, expected ${String(expected)}`);
  };
  const { jobs, workers, lost, state } = stats;
  same("state", state, "closed");
  same("jobs.accepted", jobs.accepted, accepted);
  same("jobs.refused", jobs.refused, refused);
  same("jobs.succeeded", jobs.succeeded, succeeded);
  same("jobs.failed", jobs.failed, accepted - succeeded);
  same("jobs.waiting", jobs.waiting, 0);
  same("jobs.running", jobs.running, 0);
  for (const [at, count] of Object.entries(workers)) same(`workers.${at}`, count, 0);
  same("lost.workers", lost.workers, lostOf(account).length);
  same("lost.starts", lost.starts, 0);
  same("lost.abandoned", lost.abandoned, account.faults.filter(isAbandonment).length);
  same("lost.messages", lost.messages, 0);
  // A retry that was given up while it waited had no second start.
  const again = submitted.reduce((sum, { workers: { length } }) => sum + Math.max(0, length - 1), 0);
  const open = submitted.filter(({ error, workers: { length } }) => error && length > 0).length;
  if (jobs.retried < again || jobs.retried > again + open) {
    throw new Discrepancy("stats", `stats().jobs.retried is ${jobs.retried}, expected ${again} to ${again + open}`);
  }
}
