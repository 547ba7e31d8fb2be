/**
 * The class that users hold.
 *
 * @module
 */

import { AsyncResource } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { abortReason, isAborted, onAbort } from "./abort-watch.ts";
import { beginEngine, type BegunEngine } from "./begin-engine.ts";
import { answersOf } from "./broadcasting.ts";
import { type BroadcastOptions, checkBroadcast } from "./broadcast-options.ts";
import { Calls, type CallStats } from "./calls.ts";
import * as loss from "./core/loss.ts";
import type { CloseMode, Engine, JobHandle, Outcome, Stats } from "./core/engine.ts";
import { ClusterError } from "./core/errors.ts";
import type { Fact } from "./core/fact.ts";
import { EnqueueSite, mayCapture, whenFailed } from "./enqueue-site.ts";
import { Followers, type Tracer } from "./following.ts";
import type { EnqueueOptions } from "./job-options.ts";
import { checkMap, type MapOptions, type MapResult } from "./map-options.ts";
import { Mapping, type Results } from "./mapping.ts";
import type { ComputeClusterOptions, DistributedClusterOptions } from "./options.ts";
import { Origins } from "./origins.ts";
import { realClock } from "./real-clock.ts";
import { type Items, sourceOf } from "./source.ts";
import { checkStream, type StreamOptions } from "./stream-options.ts";
import { Streaming } from "./streaming.ts";
import { offerApart } from "./submit-apart.ts";
import { Submitting } from "./submitting.ts";
import { type TaskCalls, taskCalls } from "./task-calls.ts";
import type { TaskArgs, TaskName, TaskResult, TaskYield } from "./tasks.ts";
import { Telling, watchListeners } from "./telling.ts";
import { ownOptions, wrongType } from "./validate.ts";
import { notCloneable } from "./wire/cloneable.ts";
import { copyAs } from "./wire/copy.ts";

/** The events of a cluster, and what their listeners get. */
export type ClusterEvents =
  & {
    /**
     * A worker died though nobody told it to, or none can be started. The jobs that it concerns have been answered. If
     * nobody listens it is thrown, as the original did. Also: a Deno thread had to be given up; that is a warning on stderr
     * if nobody listens.
     */
    error: [error: Error];
    /** A sentence about workers, for developers. */
    info: [text: string];
    /** A sentence about jobs, for developers. */
    debug: [text: string];
  }
  & { [F in Fact as F["type"]]: [fact: F] };

/** What `stats()` tells: what the cluster is doing and has done, and how the program's own functions took part. */
export interface ClusterStats extends Stats {
  /** Counted when a job is enqueued whose `id` is that of one under way: it is that one, and not counted as another. */
  readonly joined: number;
  /** How long listeners and callbacks took. */
  readonly calls: CallStats;
}

/** Called with an error, or with null and the answer. Never twice, and never before `enqueue` has returned. */
export type EnqueueCallback<R> = (error: Error | null, result: R) => void;

/**
 * A pool of worker processes or threads that runs jobs off the main thread.
 *
 * An idle cluster does not keep the program alive; one with jobs does.
 *
 * @typeParam M The worker module's type, `typeof import("./worker.ts")`, for typed arguments and answers.
 *
 * @example
 * ```ts
 * import { ComputeCluster } from "compute-cluster";
 *
 * const cc = new ComputeCluster<typeof import("./worker.ts")>({ module: new URL("./worker.ts", import.meta.url) });
 * console.log(await cc.enqueue({ r: 2 }));
 * await cc.close();
 * ```
 */
export class ComputeCluster<M = unknown> extends EventEmitter<ClusterEvents> {
  readonly #engine: Engine;
  readonly #jobs: Submitting;
  readonly #begun: BegunEngine;
  readonly #calls = new Calls();
  #tasks: TaskCalls<M> | null = null;
  readonly #origins = new Origins();
  #telling!: Telling;
  readonly #followers: Followers;
  /** Ends maps that wait for their sources. Made for the first that asks. */
  #exited: AbortController | null = null;
  /** What `setup` got in the last workers that replaced all others; at first what the constructor was given. */
  #setupData: unknown;

  static {
    watchListeners(this.prototype as unknown as EventEmitter, (emitter) => {
      if (#telling in emitter) emitter.#telling.listenersChanged();
    });
    offerApart(this.prototype, (cluster, ...of) => cluster.#jobs.runApart(...of));
  }

  /**
   * Checks the options. Nothing is started before the first job, or `ready()`.
   *
   * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`, naming the option, the rule and the value.
   */
  constructor(options: ComputeClusterOptions | DistributedClusterOptions) {
    super();
    this.#begun = beginEngine(options, {
      observer: (isolation) => this.#telling = new Telling(this as unknown as EventEmitter, isolation, this.#calls),
      decodeError: this.#origins.decode,
    });
    this.#engine = this.#begun.engine;
    this.#setupData = this.#begun.setupData;
    this.#followers = new Followers(this.#telling, this.#calls);
    this.#jobs = new Submitting({
      engine: this.#engine,
      clock: realClock,
      calls: this.#calls,
      followers: this.#followers,
      origins: this.#origins,
      timeout: this.#begun.timeout,
    });
  }

  /**
   * Runs a job on the next free worker.
   *
   * @param args What the worker's function (or its `message` listener) gets: anything that structured clone carries. It is
   * read when the job is sent to a worker, which may be later: give each job an object of its own.
   * @returns the worker's answer. Rejects with what the worker threw, as thrown, or with a {@link ClusterError}:
   * `CC_ERR_BACKLOG_FULL`, `CC_ERR_LATENCY`, `CC_ERR_CLOSED`, `CC_ERR_TIMEOUT`, `CC_ERR_DEADLINE`, `CC_ERR_WORKER_EXIT`,
   * `CC_ERR_WORKER_START`, `CC_ERR_NOT_CLONEABLE`, `CC_ERR_POISON`, `CC_ERR_ENGINE`, `CC_ERR_OPTION`; or with the signal's `reason`.
   * It never throws. A rejection that nobody handles is the runtime's unhandled rejection, as with any promise.
   */
  enqueue<T extends TaskName<M> | "default" = "default">(
    args: TaskArgs<M, T>,
    options?: EnqueueOptions<T>,
  ): Promise<TaskResult<M, T>>;
  /**
   * The same with a callback, and without a promise.
   *
   * @returns the cluster.
   */
  enqueue(args: TaskArgs<M, "default">, callback: EnqueueCallback<TaskResult<M, "default">>): this;
  /** The same with options and a callback. */
  enqueue<T extends TaskName<M> | "default" = "default">(
    args: TaskArgs<M, T>,
    options: EnqueueOptions<T> | undefined,
    callback: EnqueueCallback<TaskResult<M, T>>,
  ): this;
  enqueue(args: unknown, second?: unknown, third?: unknown): unknown {
    const site = mayCapture() ? new EnqueueSite(1) : null;
    const options = typeof second === "function" ? undefined : second;
    const callback = typeof second === "function" ? second : third;
    if (typeof callback !== "function") return this.#promise(site, args, options, callback);
    // The caller's AsyncLocalStorage is to be current in its callback, not that of whoever brings the answer.
    const context = new AsyncResource("compute-cluster:job");
    this.#jobs.run(
      args,
      options,
      site,
      (outcome) => context.runInAsyncScope(() => this.#callBack(callback as EnqueueCallback<unknown>, outcome)),
    );
    return this;
  }

  /**
   * The tasks of the worker module as functions: `cc.tasks.resize(image)` is `cc.enqueue(image, { task: "resize" })`.
   *
   * @example
   * ```ts
   * const cc = new ComputeCluster<typeof import("./images.ts")>({ module: new URL("./images.ts", import.meta.url) });
   * const { resize, crop } = cc.tasks;
   * const thumbnail = await resize(await crop(image), { timeout: 2_000 });
   * ```
   */
  get tasks(): TaskCalls<M> {
    this.#tasks ??= taskCalls<M>((site, args, options) => this.#promise(site, args, options));
    return this.#tasks;
  }

  /** @param callback What was given for one and is none. */
  #promise(site: EnqueueSite | null, args: unknown, options: unknown, callback?: unknown): Promise<unknown> {
    const answer = new Promise((resolve, reject) => {
      if (callback !== undefined && callback !== null) return reject(wrongType("callback", "a function", callback));
      this.#jobs.run(args, options, site, (outcome) => outcome.ok ? resolve(outcome.value) : reject(outcome.error));
    });
    return site ? answer : whenFailed(answer, this.#origins.addLate);
  }

  /**
   * Runs a job for each item of a source, and gives the results: in the order of the items, or as the jobs end. The source is read
   * no faster than results are taken, so that neither may be too large for memory. Nothing is read before the first result is
   * asked for.
   *
   * Leaving the loop early, or an error, cancels the jobs under way, as a signal does (a worker that is busy with one is replaced),
   * and closes the source.
   *
   * Its jobs are neither refused for a full backlog or for `maxLatency`, nor counted against the backlog: `concurrency` bounds them.
   *
   * @param source An iterable, an async iterable, or a stream of the web's or of Node's.
   * @returns the results, for one `for await`. A job that fails ends it with what `enqueue` would have rejected with, after the
   * results before it (see `onError`); what the source throws ends it after the results of all items before.
   * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
   *
   * @example
   * ```ts
   * for await (const thumbnail of cc.map(paths, { task: "shrink" })) await upload(thumbnail);
   * ```
   */
  map<T extends TaskName<M> | "default" = "default">(
    source: Items<TaskArgs<M, T>>,
    options: MapOptions<T> & { readonly onError: "yield" },
  ): Results<MapResult<TaskResult<M, T>>>;
  /** The same with errors that end it. */
  map<T extends TaskName<M> | "default" = "default">(
    source: Items<TaskArgs<M, T>>,
    options?: MapOptions<T> & { readonly onError?: "throw" | undefined },
  ): Results<TaskResult<M, T>>;
  /** The same with options that are not known beforehand. */
  map<T extends TaskName<M> | "default" = "default">(
    source: Items<TaskArgs<M, T>>,
    options?: MapOptions<T>,
  ): Results<TaskResult<M, T> | MapResult<TaskResult<M, T>>>;
  map(source: unknown, options?: unknown): Results<unknown> {
    const site = mayCapture() ? new EnqueueSite(1) : null;
    return new Mapping(checkMap(options ?? undefined, this.#begun.timeout), {
      open: sourceOf(source),
      call: (call) => this.#calls.time("map", call),
      submit: (request, done) => {
        const handle = this.#jobs.submitAsIs(request, (outcome) => {
          if (!outcome.ok) this.#origins.add(outcome.error, site, handle.id);
          done(outcome);
        });
        return handle;
      },
      slots: this.#begun.slots,
      isHungry: () => this.#engine.isHungry,
      exited: (this.#exited ??= new AbortController()).signal,
    });
  }

  /**
   * Runs a job whose function is a generator, or returns something to iterate over, and gives what it yields. The function goes no
   * further than the values are taken (`highWaterMark`): it waits in its `yield`. The job is enqueued when the first value is asked
   * for.
   *
   * Leaving the loop early cancels the job, as a signal does, and closes the generator: its `finally` is run in the worker. What a
   * generator returns is not told. A job that has yielded is not run again when its worker is lost, whatever `retries` says.
   *
   * @returns the values, for one `for await`. It ends with what `enqueue` would have rejected with, after the values before.
   * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
   *
   * @example
   * ```ts
   * // worker.ts: export async function* rows(path: string) { ...; yield row; ... }
   * for await (const row of cc.stream("data.csv", { task: "rows" })) insert(row);
   * ```
   */
  stream<T extends TaskName<M> | "default" = "default">(
    args: TaskArgs<M, T>,
    options?: StreamOptions<T>,
  ): Results<TaskYield<M, T>> {
    const site = mayCapture() ? new EnqueueSite(1) : null;
    const { request, signal, highWaterMark } = checkStream(args, options ?? undefined, this.#begun.timeout);
    const inContext = AsyncResource.bind((call: () => JobHandle | null) => call());
    return new Streaming({
      start: (stream, done) =>
        inContext(() => this.#jobs.submit({ request: { ...request, stream }, signal }, site, done)),
      highWaterMark,
      aborted: () => isAborted(signal) ? { reason: abortReason(signal) } : null,
    });
  }

  /**
   * Has every worker that is there run a job once, those included that are about to be: to drop a cache, say, or to load new data.
   * Workers that are started later run it too with `replay`. It goes before all jobs that wait, and a job that is enqueued after it
   * finds it done in whichever worker it runs, but that with `concurrency` it may begin while that still runs.
   *
   * It counts neither against the backlog nor for `maxJobsPerWorker`, and starts no worker.
   *
   * @returns what the workers answered, in no order; a worker that left before it had begun has no part in it. Rejects, once it has
   * ended everywhere, with the error of the one worker in which it has failed, or with an `AggregateError` of several.
   *
   * @example
   * ```ts
   * await cc.broadcast({ rates: await fetchRates() }, { task: "update", replay: true });
   * ```
   */
  async broadcast<T extends TaskName<M> | "default" = "default">(
    args: TaskArgs<M, T>,
    options?: BroadcastOptions<T>,
  ): Promise<TaskResult<M, T>[]> {
    const site = new EnqueueSite(1);
    const { request, signal, replay } = checkBroadcast(args, options ?? undefined, this.#begun.timeout);
    if (isAborted(signal)) throw abortReason(signal);
    const sent = replay ? { ...request, args: this.#copy("args", args) } : request;
    const outcomes = await new Promise<readonly Outcome[]>((resolve) => {
      let handle: Pick<JobHandle, "cancel"> | null = null;
      const abort = (): void => handle?.cancel(abortReason(signal));
      const unwatch = signal && onAbort(signal, abort);
      handle = this.#engine.broadcast(this.#followers.of(sent), replay, (ended) => {
        unwatch?.();
        resolve(ended);
      });
      // Aborted by a getter of the arguments, while they were copied.
      if (isAborted(signal)) abort();
    });
    for (const outcome of outcomes) if (!outcome.ok) this.#origins.add(outcome.error, site, "broadcast");
    return answersOf(outcomes) as TaskResult<M, T>[];
  }

  /**
   * Replaces all workers by new ones, one after the other, with no job lost: to give `setup` other data, or to load the module anew.
   * Meanwhile jobs may run in either.
   *
   * @param options `setupData`: what `setup` gets from now on; what it got before, if not given.
   * @returns resolves once no old worker is left. Rejects with `CC_ERR_WORKER_START` if new ones can't be started: the old ones serve on,
   * and `setup` gets what it got before; with `CC_ERR_NOT_CLONEABLE`; and with `CC_ERR_CLOSED` after `close()` or `exit()`.
   *
   * @example
   * ```ts
   * process.on("SIGHUP", () => cc.renew({ setupData: readConfig() }));
   * ```
   */
  async renew(options: { setupData?: unknown } = {}): Promise<void> {
    const given = ownOptions(options, "options", ["setupData"]);
    const begun = this.#begun;
    const next = "setupData" in given ? this.#copy("setupData", given.setupData) : begun.setupData;
    begun.setupData = next;
    await new Promise<void>((resolve, reject) => {
      this.#engine.renew((error) => {
        if (error === null) {
          this.#setupData = next;
          return resolve();
        }
        // The old workers serve on. What takes their place when they end is to be as they are, unless it was said anew since.
        // Now, since the next may be started after a pause.
        if (Object.is(begun.setupData, next)) begun.setupData = this.#setupData;
        reject(error);
      });
    });
  }

  /**
   * Starts the workers that are kept warm (`minWorkers`, at least one) and waits for them.
   *
   * Rejects with `CC_ERR_WORKER_START` if they can't be started, and with `CC_ERR_CLOSED` after `close()` or `exit()`.
   */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => this.#engine.warm((error) => error === null ? resolve() : reject(error)));
  }

  /**
   * Takes no more jobs, finishes those that it has, and ends. Resolves once no worker is left: not before each `stream` that was begun
   * has been read to its end, or left.
   */
  close(): Promise<void>;
  /** The same with a callback, which is called with null; returns the cluster. */
  close(callback: (error: null) => void): this;
  close(callback?: (error: null) => void): Promise<void> | this {
    return this.#end("drain", callback);
  }

  /**
   * Ends at once: jobs that run or wait fail with `CC_ERR_CLOSED`, and workers are stopped, by force after `killGrace`.
   * Resolves once no worker is left.
   */
  exit(): Promise<void>;
  /** The same with a callback, which is called with null; returns the cluster. */
  exit(callback: ((error: null) => void) | undefined): this;
  exit(callback?: (error: null) => void): Promise<void> | this {
    return this.#end("now", callback);
  }

  /** How many jobs it can run at once: `maxWorkers` times `concurrency`. 1 with an engine whose workers are elsewhere. */
  get slots(): number {
    return this.#begun.slots;
  }

  /** A snapshot of what the cluster is doing and has done. */
  stats(): ClusterStats {
    return { ...this.#engine.stats(), joined: this.#jobs.joined, calls: this.#calls.stats };
  }

  /**
   * Who follows its jobs, for telemetry libraries; null for nobody. `instrument` of `compute-cluster/otel` sets it. What it is set to
   * holds for jobs that are enqueued from then on.
   *
   * @throws {OptionTypeError} `CC_ERR_OPTION` for what has no `follow`.
   */
  get tracer(): Tracer | null {
    return this.#followers.tracer;
  }

  set tracer(tracer: Tracer | null) {
    if (tracer !== null && typeof tracer?.follow !== "function") throw wrongType("tracer", "a tracer or null", tracer);
    this.#followers.tracer = tracer;
  }

  /** `await using cluster = new ComputeCluster(...)` closes at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** As it is now, for what is sent later. */
  #copy(name: "args" | "setupData", value: unknown): unknown {
    const { format } = this.#begun;
    try {
      return copyAs(format, value);
    } catch (cause) {
      throw notCloneable({ what: name === "args" ? "the arguments" : name, value, root: name, format, cause });
    }
  }

  #end(mode: CloseMode, callback: ((error: null) => void) | undefined): Promise<void> | this {
    if (typeof callback === "function") {
      const context = new AsyncResource("compute-cluster:close");
      const closed = (): void => context.runInAsyncScope(callback, undefined, null);
      this.#close(mode, () => this.#calls.make("callback", closed));
      return this;
    }
    return new Promise((resolve, reject) => {
      if (callback !== undefined && callback !== null) reject(wrongType("callback", "a function", callback));
      this.#close(mode, resolve);
    });
  }

  /** Who awaits a job's end goes on before `closed`, though it takes them several microtasks. */
  #close(mode: CloseMode, closed: () => void): void {
    this.#engine.close(mode, () => realClock.soon(closed));
    if (mode === "now") (this.#exited ??= new AbortController()).abort(loss.closed());
  }

  #callBack(callback: EnqueueCallback<unknown>, outcome: Outcome): void {
    this.#calls.make("callback", () => {
      if (outcome.ok) callback(null, outcome.value);
      else callback(truthy(outcome.error) as Error, undefined);
    });
  }
}

/** A callback tells success by a falsy error, so a falsy one is wrapped, as Node's `util.callbackify` does. */
function truthy(thrown: unknown): unknown {
  if (thrown) return thrown;
  const message = `the job was rejected with a falsy value: ${String(thrown)}`;
  return new ClusterError("CC_ERR_FALSY_REJECTION", message, { reason: thrown });
}
