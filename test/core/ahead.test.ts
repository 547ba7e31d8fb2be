import process from "node:process";
import { describe, expect, it } from "vitest";
import { type Answer, type JobEntry, type JobNumber, UNTICKETED } from "../../src/core/frame.ts";
import { Cluster, type FakeWorker, type Submitted, takeViolations } from "./fakes.ts";
import { type Random, random } from "./random.ts";

/** Histories per run; `SEED=n` replays one. */
const HISTORIES = 150;

const answerOf = (number: JobNumber): Answer => [number, 0, `value ${number}`, 1_000 + number % 2_000];

const needsTicket = ([, , flags = 0]: JobEntry): boolean => (flags & UNTICKETED) === 0;

/** Does what a worker of ours does with what it is sent, as slowly as the test wants; what it says takes its time to arrive. */
class Hand {
  readonly fake: FakeWorker;
  readonly #concurrency: number;
  #line: JobEntry[] = [];
  readonly running: Map<JobNumber, number> = new Map<JobNumber, number>();
  readonly ended: JobNumber[] = [];
  #read = 0;
  readonly #said: unknown[] = [];

  constructor(fake: FakeWorker, concurrency: number) {
    this.fake = fake;
    this.#concurrency = concurrency;
  }

  /** Reads so many of the frames that have come, as a loop does that is free. */
  read(most: number = Infinity): void {
    for (let left = most; left > 0 && this.#read < this.fake.frames.length; left--) {
      const frame = this.fake.frames[this.#read++]!;
      if (frame.type === "jobs") this.#line.push(...frame.jobs);
      if (frame.type === "abort") this.#abort(frame.job);
      if (frame.type !== "recall") continue;
      this.#drop(frame.count);
      this.#says({ type: "recalled" });
    }
  }

  #says(frame: unknown): void {
    this.#said.push(frame);
  }

  /** The host reads so many of the frames that it was sent. */
  arrive(most: number = Infinity): void {
    for (let left = most; left > 0 && this.#said.length > 0 && this.fake.at === "ready"; left--) {
      this.fake.says(this.#said.shift());
    }
  }

  /** What has not begun is left out, as if it had. */
  #abort(number: JobNumber): void {
    if (this.running.has(number)) return this.#says({ type: "aborting", job: number, heeds: false });
    const at = this.#line.findIndex(([waiting]) => waiting === number);
    if (at < 0) return;
    if (!this.#mayBegin(this.#line[at]!)) return this.#drop(Infinity);
    this.#line.splice(at, 1);
    this.#says({ type: "answers", answers: [[number, 1, null, 0]] });
  }

  #mayBegin(entry: JobEntry): boolean {
    if (needsTicket(entry)) return this.fake.shared.take();
    this.fake.shared.begunUnticketed++;
    return true;
  }

  #drop(count: number): void {
    const waiting = this.#line.filter(needsTicket);
    const dropped = new Set(waiting.slice(Math.max(0, waiting.length - count)));
    this.#line = this.#line.filter((entry) => !dropped.has(entry));
  }

  /** Begins the next job, if there is one and room for it. Returns its number. */
  begin(now: number): JobNumber | null {
    if (this.running.size >= this.#concurrency) return null;
    const [entry] = this.#line;
    if (!entry) return null;
    if (!this.#mayBegin(entry)) {
      this.#drop(Infinity);
      return null;
    }
    this.#line.shift();
    const [number] = entry;
    this.running.set(number, now);
    return number;
  }

  /** Ends a job that runs; its answer waits for others. */
  end(number: JobNumber): void {
    this.running.delete(number);
    if (this.ended.length === 0) this.fake.shared.mail = [];
    this.ended.push(number);
    if (this.#line.length === 0) this.flush();
    else this.fake.shared.mail.push(JSON.stringify(answerOf(number)));
  }

  flush(): void {
    const answers = this.ended.splice(0).map(answerOf);
    if (answers.length > 0) this.#says({ type: "answers", answers });
  }
}

/** A cluster and its workers, and what truly happened in them. */
class History {
  readonly #seed: number;
  readonly #random: Random;
  readonly #cluster: Cluster;
  readonly #hands = new Map<FakeWorker, Hand>();
  readonly #jobs = new Map<JobNumber, Submitted>();
  /** How often each job has begun. */
  readonly #begun = new Map<JobNumber, number>();
  /** Jobs that had begun, and were not answered, when their worker died. */
  readonly #lost = new Map<JobNumber, number>();
  /** How often a worker died when it ran nothing and this job was the next: after three times the job is blamed. */
  readonly #suspicions = new Map<JobNumber, number>();
  /** Jobs with which something was moved to a thread. */
  readonly #moved = new Set<JobNumber>();
  /** Jobs whose caller gave them up before they had begun. */
  readonly #unwanted = new Set<JobNumber>();
  readonly #log: string[] = [];
  #lastBegun = 0;
  /** Whether there may be no room for tickets, now and then. What is sent without one can't be taken back. */
  readonly #fills: boolean;
  /** One step in so many cancels a job, and how many milliseconds pass between two, at most. */
  readonly #often: number;
  readonly #pace: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = random(seed);
    const { pick } = this.#random;
    this.#fills = this.#random.once(3);
    this.#often = pick([12, 30]);
    this.#pace = pick([0.5, 4, 30, 400]);
    this.#cluster = new Cluster({
      maxWorkers: pick([1, 2, 2, 3]),
      concurrency: pick([1, 1, 2]),
      prefetch: pick([1, 3, 10, 10, "auto"]),
      retries: pick([0, 0, 1]),
      maxBacklog: pick([5, Infinity]),
      maxJobsPerWorker: pick([7, Infinity, Infinity]),
      maxWorkerAge: pick([40, Infinity, Infinity]),
    }, pick(["process", "thread"]));
    this.#cluster.adapter.manual = true;
  }

  play(): void {
    try {
      for (let step = 0; step < 150; step++) this.#step();
      for (let step = 0; step < 3_000 && this.#open.length > 0; step++) this.#serve();
      expect(this.#open, "jobs that are never answered").toEqual([]);
      this.#cluster.close();
      for (let step = 0; step < 3_000 && this.#cluster.stats.state !== "closed"; step++) this.#serve();
      expect([this.#cluster.stats.state, this.#cluster.clock.pending]).toEqual(["closed", 0]);
      this.#account();
      expect(takeViolations()).toEqual([]);
      expect(this.#cluster.workers.every((worker) => worker.shared.closed), "tickets are let go").toBe(true);
    } catch (error) {
      const options = JSON.stringify(this.#cluster.options);
      throw new Error([`SEED=${this.#seed}: ${(error as Error).message}`, options, ...this.#log].join("\n  "), {
        cause: error,
      });
    }
  }

  get #open(): JobNumber[] {
    return [...this.#jobs].filter(([, job]) => !job.outcome).map(([number]) => number);
  }

  #step(): void {
    const { once, integer, fraction, pick } = this.#random;
    if (once(4)) {
      this.#cluster.clock.together(() => {
        for (let left = integer(12); left >= 0; left--) this.#submit();
      });
    }
    if (once(this.#often)) this.#cancel();
    for (const fake of this.#cluster.workers) {
      const hand = this.#hands.get(fake) ?? new Hand(fake, this.#cluster.options.concurrency);
      this.#hands.set(fake, hand);
      if (fake.at === "exited") continue;
      if (this.#fills && once(40)) fake.shared.full = !fake.shared.full;
      if (fake.at === "starting" && once(2)) fake.ready();
      else if (fake.ending && once(3)) this.#exit(hand);
      else if (once(60)) this.#exit(hand);
      else this.#act(hand, pick(["read", "begin", "begin", "end", "flush", "arrive"]));
    }
    if (once(2)) this.#pass(fraction() * this.#pace);
    this.#check();
  }

  /** Everyone does what is expected. */
  #serve(): void {
    for (const fake of this.#cluster.workers) {
      const hand = this.#hands.get(fake) ?? new Hand(fake, this.#cluster.options.concurrency);
      this.#hands.set(fake, hand);
      if (fake.at === "exited") continue;
      if (fake.ending) this.#exit(hand);
      else if (fake.at === "starting") fake.ready();
      else {for (const what of ["read", "begin", "end", "flush", "arrive"] as const) {
          if (fake.at === "ready") this.#act(hand, what);
        }}
    }
    this.#pass(1);
    this.#check();
  }

  #submit(): void {
    const number = this.#cluster.scheduler.stats().jobs.accepted + this.#cluster.scheduler.stats().jobs.refused + 1;
    const { once, integer } = this.#random;
    const transfer = once(9) ? [new ArrayBuffer(1)] : [];
    if (transfer.length > 0 && this.#cluster.adapter.isolation === "thread") this.#moved.add(number);
    const job = this.#cluster.submit({ number }, {
      ...(once(4) ? { timeout: 5 + integer(60) } : {}),
      transfer,
      done: (outcome) => {
        if (outcome.ok) expect(outcome.value).toBe(`value ${number}`);
      },
    });
    this.#log.push(`submit ${number}`);
    this.#jobs.set(number, job);
  }

  #cancel(): void {
    if (this.#open.length === 0) return;
    const number = this.#random.pick(this.#open);
    this.#log.push(`cancel ${number}`);
    if (!this.#fills && !this.#mayRun(number)) this.#unwanted.add(number);
    this.#jobs.get(number)!.cancel();
  }

  /** Whether it has begun, or may, because it was sent to a place of its own. */
  #mayRun(number: JobNumber): boolean {
    return this.#hasStarted(number) ||
      [...this.#hands.values()].some(({ fake, running, ended }) =>
        fake.at !== "exited" && (running.has(number) || ended.includes(number))
      );
  }

  /** Whether it was told to have started. */
  #hasStarted(number: JobNumber): boolean {
    this.#cluster.flush();
    return this.#cluster.facts.some((fact) => fact.type === "job:started" && fact.job === String(number));
  }

  #act(hand: Hand, what: "read" | "begin" | "end" | "flush" | "arrive"): void {
    // A handler that runs may block its loop.
    if (what === "read") return hand.read(this.#random.pick([1, Infinity]));
    if (what === "arrive") return hand.arrive(this.#random.pick([1, Infinity]));
    if (what === "flush") return hand.running.size === 0 ? hand.flush() : undefined;
    if (what === "begin") {
      // One job may follow the other without the loop turning.
      if (this.#random.once(3)) hand.read(1);
      const number = hand.begin(this.#cluster.clock.now());
      if (number === null) return;
      this.#log.push(`${hand.fake.id} begins ${number}`);
      this.#begun.set(number, (this.#begun.get(number) ?? 0) + 1);
      expect(this.#unwanted.has(number), `job ${number} was cancelled before it began`).toBe(false);
      expect(this.#jobs.get(number)!.outcome?.ok ?? null, `job ${number} begins though it was answered`).not.toBe(true);
      // What is moved has no ticket, and stays where others are taken back.
      if (this.#cluster.options.maxWorkers === 1 && this.#lost.size === 0 && this.#moved.size === 0 && !this.#fills) {
        expect(number, "order").toBeGreaterThan(this.#lastBegun);
      }
      this.#lastBegun = number;
      return;
    }
    const [number] = hand.running.keys();
    if (number === undefined) return;
    this.#log.push(`${hand.fake.id} ends ${number}`);
    hand.end(number);
  }

  #exit(hand: Hand): void {
    hand.arrive();
    if (hand.fake.at === "exited") return;
    // What was moved is lost whether it has begun or not; what has ended is not lost.
    const begun = [...hand.fake.jobs.keys()].filter((number) =>
      (this.#moved.has(number) || hand.running.has(number)) && !hand.ended.includes(number)
    );
    this.#log.push(`${hand.fake.id} dies with ${begun}`);
    const [next] = [...hand.fake.jobs.keys()].filter((number) => !hand.ended.includes(number));
    if (begun.length === 0 && next !== undefined) this.#suspicions.set(next, (this.#suspicions.get(next) ?? 0) + 1);
    for (const number of begun) this.#lost.set(number, (this.#lost.get(number) ?? 0) + 1);
    hand.fake.exit({ code: null, signal: "SIGKILL" });
    this.#cluster.flush();
    const { retries } = this.#cluster.options;
    for (const number of begun) {
      const job = this.#jobs.get(number)!;
      if (this.#lost.get(number)! > retries || this.#moved.has(number)) {
        expect(job.outcome, `job ${number} was lost`).not.toBeNull();
      }
    }
  }

  #pass(ms: number): void {
    this.#log.push(`${ms.toFixed(1)} ms pass`);
    this.#cluster.advance(ms);
  }

  #check(): void {
    this.#cluster.flush();
    const { stats, options } = this.#cluster;
    const { accepted, waiting, running, succeeded, failed } = stats.jobs;
    expect(waiting, "waiting").toBeGreaterThanOrEqual(0);
    expect(waiting + running + succeeded + failed, "every job is in one place").toBe(accepted);
    for (const worker of this.#cluster.workers) {
      const limit = options.prefetch === "auto" ? 129 : 1 + options.prefetch;
      expect(worker.jobs.size, "jobs in one worker").toBeLessThanOrEqual(10_000);
      expect(worker.shared.left).toBeLessThanOrEqual(options.concurrency * limit);
    }
  }

  /** What callers were told, against what happened. */
  #account(): void {
    const { retries } = this.#cluster.options;
    for (const [number, job] of this.#jobs) {
      const begun = this.#begun.get(number) ?? 0;
      const lost = this.#lost.get(number) ?? 0;
      if (job.code === "CC_ERR_BACKLOG_FULL") expect(begun, `job ${number} was refused`).toBe(0);
      expect(begun, `job ${number} has begun`).toBeLessThanOrEqual(1 + Math.min(lost, retries));
      if (job.outcome?.ok) expect(begun, `job ${number} was answered`).toBeGreaterThan(0);
      if (job.code === "CC_ERR_WORKER_EXIT" || job.code === "CC_ERR_POISON") {
        const blamed = (this.#suspicions.get(number) ?? 0) >= 3;
        expect(lost > 0 || blamed, `job ${number} failed for its worker`).toBe(true);
      }
      if (job.code === "CC_ERR_TIMEOUT") {
        expect(begun > 0 || this.#hasStarted(number), `job ${number} timed out and never ran`).toBe(true);
      }
    }
  }
}

describe("Scheduler sending ahead", () => {
  it("Scheduler runs each job once and knows which had begun, in random histories", () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 1e6);
    takeViolations();
    for (let each = 0; each < (process.env["SEED"] ? 1 : HISTORIES); each++) new History(seed + each).play();
  }, 120_000);
});
