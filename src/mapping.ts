/**
 * One `map`: reads a source as fast as its jobs are done and their results are taken, no faster.
 *
 * ```text
 *  source ──read──▶ place ──submit──▶ cluster ──outcome──▶ place ──deliver──▶ next()
 *            └───────────── at most `window` places ──────────────┘
 * ```
 *
 * @module
 */

import { AsyncResource } from "node:async_hooks";
import { onAbort } from "./abort-watch.ts";
import { Chain, type Link } from "./core/chain.ts";
import { ClusterError } from "./core/errors.ts";
import type { JobHandle, JobRequest, Outcome } from "./core/engine.ts";
import type { MapResult, ResolvedMapOptions } from "./map-options.ts";
import type { Item, Source } from "./source.ts";

/** The most items in memory where the caller has not said how many, once jobs turn out to be short. */
const WIDEST = 1024;

/** What a map is given to work with. */
export interface MapParts {
  /** Takes hold of the source. */
  open(): Source;
  /** `done` is called once, and never before this returns. */
  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle;
  /** How many jobs could run at once. */
  readonly slots: number;
  /** Whether workers may want for more jobs than they have been given. */
  isHungry(): boolean;
  /** Whether a job would be accepted. */
  hasRoom(): boolean;
  /** Calls `call` once there is room for jobs that were refused for want of it; returns what ends the wait. */
  whenRoom(call: () => void): () => void;
}

/** An item on its way. */
class Place implements Link<Place> {
  before: Place | null = null;
  after: Place | null = null;
  readonly index: number;
  /** The job, while it is under way. */
  handle: JobHandle | null = null;
  outcome: Outcome | null = null;
  /** Whether its error ends the iteration. */
  isLast = false;
  /** Whether nobody wants it any more. */
  dropped = false;

  constructor(index: number) {
    this.index = index;
  }
}

/** Somebody who waits for a result. */
interface Waiter<R> {
  resolve(result: IteratorResult<R, undefined>): void;
  reject(error: unknown): void;
}

type Phase =
  /** Nobody has asked for a result. */
  | { readonly at: "new" }
  | { readonly at: "reading"; readonly source: Source }
  /** The source has ended, or is not wanted any more. */
  | { readonly at: "finishing" }
  | { readonly at: "over" };

/** The results, as `for await` takes them. */
export class Mapping<R> implements AsyncIterableIterator<R, undefined> {
  readonly #parts: MapParts;
  readonly #options: ResolvedMapOptions;
  /** The source is read in the context in which the map was made, not in that of whatever ends a job. */
  readonly #context = new AsyncResource("compute-cluster:map");
  /** Items on their way, in their order: without an outcome, or behind one without. */
  readonly #places: Chain<Place> = new Chain<Place>();
  /** Those with an outcome, in the order in which they are to be taken. */
  readonly #ready: Chain<Place> = new Chain<Place>();
  readonly #waiters: Waiter<R>[] = [];
  /** Submits again what was refused for want of room. Nothing is read before. */
  readonly #refused: (() => void)[] = [];
  #phase: Phase = { at: "new" };
  /** The most items on their way. */
  #window: number;
  #count = 0;
  #asking = false;
  #pumping = false;
  #endWatch: (() => void) | null = null;
  #endWait: (() => void) | null = null;

  constructor(options: ResolvedMapOptions, parts: MapParts) {
    this.#options = options;
    this.#parts = parts;
    this.#window = options.concurrency ?? 2 * parts.slots;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next result. May be called again before it is there. */
  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (this.#phase.at === "new") this.#begin();
      this.#deliver();
      this.#pump();
    });
  }

  /** Ends the iteration: what is under way is cancelled, and the source closed. Rejects with what the source throws for that. */
  async return(): Promise<IteratorResult<R, undefined>> {
    const closed = this.#end();
    this.#deliver();
    await closed;
    return OVER;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // ---- the source

  #begin(): void {
    const { signal } = this.#options;
    if (signal?.aborted) return this.#fail(signal.reason);
    try {
      this.#phase = { at: "reading", source: this.#context.runInAsyncScope(() => this.#parts.open()) };
    } catch (error) {
      return this.#fail(error);
    }
    if (signal) this.#endWatch = onAbort(signal, () => this.#fail(signal.reason));
  }

  #mayRead(): boolean {
    if (this.#phase.at !== "reading" || this.#asking || this.#refused.length > 0) return false;
    const jobs = this.#places.size;
    // Without a job of its own, one is tried: it is told when there is room.
    return jobs + this.#ready.size < this.#window && (jobs === 0 || this.#parts.hasRoom());
  }

  /** Reads as long as there is room. A source may ask for results while it is read. */
  #pump(): void {
    if (this.#pumping || !this.#mayRead()) return;
    this.#pumping = true;
    this.#context.runInAsyncScope(() => {
      while (this.#mayRead()) this.#read((this.#phase as Extract<Phase, { at: "reading" }>).source);
    });
    this.#pumping = false;
  }

  #read(source: Source): void {
    try {
      const item = source.next();
      if (item instanceof Promise) this.#await(item);
      else this.#take(item);
    } catch (error) {
      this.#sourceFailed(error);
    }
  }

  async #await(item: Promise<Item>): Promise<void> {
    this.#asking = true;
    try {
      const come = await item;
      this.#asking = false;
      this.#take(come);
    } catch (error) {
      this.#asking = false;
      this.#sourceFailed(error);
    }
    this.#pump();
  }

  #take(item: Item): void {
    if (this.#phase.at !== "reading") return;
    if (!item.done) return this.#submit(this.#newPlace(), item.value);
    this.#phase = { at: "finishing" };
    this.#deliver();
  }

  /** It is an item as any other, that has failed already; what has thrown is not to be closed. */
  #sourceFailed(error: unknown): void {
    if (this.#phase.at !== "reading") return;
    this.#phase = { at: "finishing" };
    this.#settle(this.#newPlace(), { ok: false, error }, true);
  }

  // ---- jobs

  #newPlace(): Place {
    const place = new Place(this.#count++);
    this.#places.push(place);
    return place;
  }

  #submit(place: Place, args: unknown): void {
    const request = { ...this.#options.request, args };
    place.handle = this.#parts.submit(request, (outcome) => {
      place.handle = null;
      if (!place.dropped) this.#ended(place, args, outcome);
    });
  }

  #ended(place: Place, args: unknown, outcome: Outcome): void {
    if (!outcome.ok && isWantOfRoom(outcome.error)) return this.#waitForRoom(() => this.#submit(place, args));
    this.#settle(place, outcome, !outcome.ok && !this.#options.yieldsErrors);
    this.#widen();
    this.#refused.shift()?.();
    this.#pump();
  }

  #waitForRoom(submit: () => void): void {
    this.#refused.push(submit);
    this.#endWait ??= this.#parts.whenRoom(() => {
      this.#endWait = null;
      for (const again of this.#refused.splice(0)) again();
      this.#pump();
    });
  }

  /** Only jobs, not results that nobody takes, are a reason to read more. */
  #widen(): void {
    if (this.#options.concurrency !== null || this.#ready.size > this.#places.size) return;
    if (this.#places.size + this.#ready.size >= this.#window - 1 && this.#parts.isHungry()) {
      this.#window = Math.min(2 * this.#window, Math.max(WIDEST, this.#window));
    }
  }

  // ---- results

  #settle(place: Place, outcome: Outcome, isLast: boolean): void {
    place.outcome = outcome;
    place.isLast = isLast;
    if (isLast) this.#finishWith(place);
    if (!this.#options.ordered) this.#isReady(place);
    else for (let first = this.#places.first; first?.outcome; first = this.#places.first) this.#isReady(first);
    this.#deliver();
  }

  #isReady(place: Place): void {
    this.#places.remove(place);
    this.#ready.push(place);
  }

  /** This result will be the last: those behind it are not wanted any more. */
  #finishWith(last: Place): void {
    const { ordered } = this.#options;
    for (const place of this.#places) if (place !== last && (!ordered || place.index > last.index)) this.#drop(place);
    const phase = this.#phase;
    this.#phase = { at: "finishing" };
    // The job's error is the one to be heard of.
    if (phase.at === "reading") phase.source.close().catch(() => {});
  }

  #drop(place: Place): void {
    this.#places.remove(place);
    place.dropped = true;
    place.handle?.cancel(new DOMException("The iteration was ended", "AbortError"));
  }

  #deliver(): void {
    while (this.#waiters.length > 0) {
      const place = this.#ready.first;
      if (place) this.#give(place, this.#waiters.shift() as Waiter<R>);
      else if (this.#phase.at === "over" || (this.#phase.at === "finishing" && this.#places.size === 0)) this.#endAll();
      else return;
    }
  }

  #give(place: Place, waiter: Waiter<R>): void {
    this.#ready.remove(place);
    const outcome = place.outcome as Outcome;
    if (place.isLast && !outcome.ok) {
      void this.#end();
      return waiter.reject(outcome.error);
    }
    const value = this.#options.yieldsErrors ? result(outcome, place.index) : (outcome as { value: unknown }).value;
    waiter.resolve({ done: false, value: value as R });
  }

  /** The error takes the place of all results that have not been taken. */
  #fail(error: unknown): void {
    this.#end().catch(() => {});
    const place = new Place(this.#count);
    place.outcome = { ok: false, error };
    place.isLast = true;
    this.#ready.push(place);
    this.#deliver();
  }

  #endAll(): void {
    void this.#end();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(OVER);
  }

  /** Lets go of everything. Resolves once the source is closed, if it had to be. */
  async #end(): Promise<void> {
    const phase = this.#phase;
    this.#phase = { at: "over" };
    this.#endWatch?.();
    this.#endWait?.();
    this.#refused.length = 0;
    this.#ready.removeAll();
    for (const place of this.#places) this.#drop(place);
    if (phase.at === "reading") await phase.source.close();
  }
}

const OVER = { done: true, value: undefined } as const;

function result(outcome: Outcome, index: number): MapResult<unknown> {
  return outcome.ok
    ? { status: "fulfilled", value: outcome.value, index }
    : { status: "rejected", reason: outcome.error, index };
}

/** The job may be submitted again, when others have ended. */
function isWantOfRoom(error: unknown): boolean {
  return error instanceof ClusterError && (error.code === "CC_ERR_BACKLOG_FULL" || error.code === "CC_ERR_LATENCY");
}
