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
import { abortReason, isAborted, onAbort } from "./abort-watch.ts";
import { Chain, type Link } from "./core/chain.ts";
import { isOwnFault } from "./own-fault.ts";
import type { JobHandle, JobRequest, Outcome } from "./core/engine.ts";
import type { MapResult, ResolvedMapOptions } from "./map-options.ts";
import { isItem, type Item, type Source } from "./source.ts";

/** The most items in memory where the caller has not said how many, once jobs turn out to be short. */
const WIDEST = 1024;

/** What a map is given to work with. */
export interface MapParts {
  /** Takes hold of the source. */
  open(): Source;
  /** Calls a function of the program's. */
  call<T>(call: () => T): T;
  /** `done` is called once, and never before this returns. The job is `bounded`. */
  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle;
  /** How many jobs could run at once. */
  readonly slots: number;
  /** Whether workers may want for more jobs than they have been given. */
  isHungry(): boolean;
  /** Aborted when the cluster has no more use for jobs: a map that waits for its source would not hear of it. */
  readonly exited: AbortSignal;
}

/** The results of a `map`, for one loop. */
export interface Results<R> {
  /** The next result. May be called again before it is there. */
  next(): Promise<IteratorResult<R, undefined>>;
  /** Ends the iteration, as leaving the loop does: what is under way is cancelled, and the source closed. */
  return(): Promise<IteratorResult<R, undefined>>;
  /** Itself: they are taken once. */
  [Symbol.asyncIterator](): Results<R>;
  /** Ends the iteration. */
  [Symbol.asyncDispose](): Promise<void>;
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

interface Hold<R> {
  map: Mapping<R> | null;
}

interface Thrown {
  readonly error: unknown;
}

type Phase =
  /** Nobody has asked for a result. */
  | { readonly at: "new" }
  | { readonly at: "opening" }
  | { readonly at: "reading"; readonly source: Source }
  /** Nothing more is read. `thrown`: what is to be told after the last result. */
  | { readonly at: "finishing"; readonly thrown: Thrown | null }
  /** Whoever asks for a result is told `thrown` once, and then that there is none. */
  | { readonly at: "over"; readonly thrown: Thrown | null };

const OVER: Phase = { at: "over", thrown: null };

/** Reads, runs and gives results. */
export class Mapping<R> implements Results<R> {
  readonly #parts: MapParts;
  readonly #options: ResolvedMapOptions;
  /** The source is read, and closed, in the context in which the map was made, not in that of whatever ends a job. */
  readonly #context = new AsyncResource("compute-cluster:map");
  /** Items on their way, in their order: without an outcome, or behind one without. */
  readonly #places: Chain<Place> = new Chain<Place>();
  /** Those with an outcome, in the order in which they are to be taken. */
  readonly #ready: Chain<Place> = new Chain<Place>();
  readonly #waiters: Waiter<R>[] = [];
  #phase: Phase = { at: "new" };
  /** The most items on their way. */
  #window: number;
  #count = 0;
  #asking = false;
  #pumping = false;
  /** Of the source; rejects with what that throws. */
  #closed: Promise<void> = Promise.resolve();
  readonly #endWatches: (() => void)[] = [];
  /** What a signal finds the map by, while somebody waits for a result: nothing else may hold it then. */
  readonly #hold: Hold<R> = { map: null };

  constructor(options: ResolvedMapOptions, parts: MapParts) {
    this.#options = options;
    this.#parts = parts;
    this.#window = options.concurrency ?? 2 * parts.slots;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#begin();
      this.#deliver();
      this.#pump();
    });
  }

  async return(): Promise<IteratorResult<R, undefined>> {
    // What was never read is closed, too: a file that was opened for it.
    this.#begin();
    this.#end(null);
    this.#deliver();
    await this.#closed;
    return NO_MORE;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // ---- the source

  #begin(): void {
    if (this.#phase.at !== "new") return;
    this.#phase = { at: "opening" };
    try {
      const source = this.#context.runInAsyncScope(() => this.#parts.open());
      // Not if it was ended meanwhile, by the source itself.
      if (this.#phase.at === "opening") this.#phase = { at: "reading", source };
      else this.#close(source);
    } catch (error) {
      return this.#end({ error });
    }
    const { signal } = this.#options;
    try {
      if (signal) this.#watch(signal, this.#hold, Mapping.#aborted);
      // The cluster holds no map whose source nobody has any more.
      this.#watch(this.#parts.exited, null, Mapping.#exited);
    } catch (error) {
      this.#end({ error });
    }
  }

  /** A signal may outlive many maps that nobody has read to their end. */
  #watch(signal: AbortSignal, hold: Hold<R> | null, run: (map: Mapping<unknown>, error: unknown) => void): void {
    if (this.#phase.at !== "reading") return;
    if (isAborted(signal)) return run(this, abortReason(signal));
    const self = new WeakRef(this);
    const endWatch = onAbort(signal, () => {
      const map = hold?.map ?? self.deref();
      if (map) run(map, abortReason(signal));
    });
    this.#endWatches.push(endWatch);
    forgotten.register(this, endWatch);
  }

  // Without a scope in which the map is: the signal would hold it.
  static readonly #aborted = (map: Mapping<unknown>, error: unknown): void => {
    map.#end({ error });
    map.#deliver();
  };
  /** What has been read ends by itself. */
  static readonly #exited = (map: Mapping<unknown>, error: unknown): void => {
    if (map.#phase.at !== "reading") return;
    map.#close(map.#phase.source);
    map.#finish({ error });
  };

  #close(source: Source): void {
    this.#closed = this.#context.runInAsyncScope(() => source.close());
    // Heard by whoever leaves the loop; where an error has ended it, that is the one to be told of.
    this.#closed.catch(() => {});
  }

  #mayRead(): boolean {
    return this.#phase.at === "reading" && !this.#asking && this.#places.size + this.#ready.size < this.#window;
  }

  /** Reads as long as there is room. A source may ask for results while it is read. */
  #pump(): void {
    if (this.#pumping || !this.#mayRead()) return;
    this.#pumping = true;
    try {
      this.#context.runInAsyncScope(() => {
        while (this.#mayRead()) this.#read((this.#phase as Extract<Phase, { at: "reading" }>).source);
      });
    } finally {
      this.#pumping = false;
    }
  }

  #read(source: Source): void {
    try {
      const item = this.#parts.call(() => source.next());
      // Not by its class: what an async function gives is no `Promise` where a program has put another in its place.
      if (isItem(item)) this.#take(item);
      else void this.#await(item);
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
    if (item.done) return this.#finish(null);
    const place = new Place(this.#count++);
    this.#places.push(place);
    this.#submit(place, item.value);
  }

  #sourceFailed(error: unknown): void {
    if (this.#phase.at === "reading") this.#finish({ error });
  }

  /** The source has ended by itself: what was read is worth its results. */
  #finish(thrown: Thrown | null): void {
    this.#phase = { at: "finishing", thrown };
    this.#deliver();
  }

  // ---- jobs

  #submit(place: Place, args: unknown): void {
    place.handle = this.#parts.submit({ ...this.#options.request, args }, (outcome) => {
      place.handle = null;
      if (place.dropped) return;
      this.#settle(place, outcome);
      this.#widen();
      this.#pump();
    });
    // By a getter of its item, while that was cloned.
    if (place.dropped) this.#cancel(place);
  }

  /** Only jobs, not results that nobody takes, are a reason to read more. */
  #widen(): void {
    if (this.#options.concurrency !== null || this.#ready.size > this.#places.size) return;
    if (this.#places.size + this.#ready.size >= this.#window - 1 && this.#parts.isHungry()) {
      this.#window = Math.min(2 * this.#window, Math.max(WIDEST, this.#window));
    }
  }

  // ---- results

  #settle(place: Place, outcome: Outcome): void {
    place.outcome = outcome;
    if (!outcome.ok && (!this.#options.yieldsErrors || isOfTheEnd(outcome.error))) this.#isLast(place);
    if (!this.#options.ordered) this.#isReady(place);
    else for (let first = this.#places.first; first?.outcome; first = this.#places.first) this.#isReady(first);
    this.#deliver();
  }

  #isReady(place: Place): void {
    this.#places.remove(place);
    this.#ready.push(place);
  }

  /** Those behind it are not wanted any more. */
  #isLast(last: Place): void {
    last.isLast = true;
    const { ordered } = this.#options;
    for (const place of this.#places) if (place !== last && (!ordered || place.index > last.index)) this.#drop(place);
    if (this.#phase.at === "reading") this.#close(this.#phase.source);
    this.#phase = { at: "finishing", thrown: null };
  }

  #drop(place: Place): void {
    this.#places.remove(place);
    place.dropped = true;
    this.#cancel(place);
  }

  #cancel({ handle }: Place): void {
    handle?.cancel(new DOMException("The iteration was ended", "AbortError"));
  }

  #deliver(): void {
    for (let waiter = this.#waiters[0]; waiter && this.#gives(waiter); waiter = this.#waiters[0]) this.#waiters.shift();
    this.#hold.map = this.#waiters.length > 0 ? this : null;
    const { at } = this.#phase;
    // Nothing can come any more that a signal could end.
    if (at === "finishing" && this.#places.size + this.#ready.size === 0) this.#unwatch();
  }

  /** Returns whether there is something to give. */
  #gives(waiter: Waiter<R>): boolean {
    const place = this.#ready.first;
    if (place) this.#give(place, waiter);
    else if (this.#phase.at === "over") this.#giveEnd(this.#phase.thrown, waiter);
    else if (this.#phase.at === "finishing" && this.#places.size === 0) this.#giveEnd(this.#phase.thrown, waiter);
    else return false;
    return true;
  }

  #give(place: Place, waiter: Waiter<R>): void {
    this.#ready.remove(place);
    const outcome = place.outcome as Outcome;
    if (place.isLast && !outcome.ok) {
      this.#end(null);
      return waiter.reject(outcome.error);
    }
    const value = this.#options.yieldsErrors ? result(outcome, place.index) : (outcome as { value: unknown }).value;
    waiter.resolve({ done: false, value: value as R });
  }

  #giveEnd(thrown: Thrown | null, waiter: Waiter<R>): void {
    this.#end(null);
    if (thrown) waiter.reject(thrown.error);
    else waiter.resolve(NO_MORE);
  }

  /** Lets go of everything at once. `thrown` takes the place of all results that have not been taken. */
  #end(thrown: Thrown | null): void {
    const phase = this.#phase;
    this.#phase = thrown ? { at: "over", thrown } : OVER;
    this.#unwatch();
    this.#ready.removeAll();
    for (const place of this.#places) this.#drop(place);
    if (phase.at === "reading") this.#close(phase.source);
  }

  #unwatch(): void {
    for (const endWatch of this.#endWatches.splice(0)) endWatch();
  }
}

const NO_MORE = { done: true, value: undefined } as const;

/** Maps that nobody has read to their end: their signals let go of them. */
const forgotten = new FinalizationRegistry((endWatch: () => void) => endWatch());

function result(outcome: Outcome, index: number): MapResult<unknown> {
  return outcome.ok
    ? { status: "fulfilled", value: outcome.value, index }
    : { status: "rejected", reason: outcome.error, index };
}

/** The cluster has been closed: every job would be refused, without end. */
function isOfTheEnd(error: unknown): boolean {
  return isOwnFault(error) && error.code === "CC_ERR_CLOSED";
}
