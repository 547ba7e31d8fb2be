import process from "node:process";
import { describe, expect, it } from "vitest";
import { Allocator, type Allowances } from "../../src/core/allocator.ts";
import type { SchedulerOptions } from "../../src/core/scheduler.ts";
import { LULL } from "../../src/core/share.ts";
import { Cluster, expectNothingLeft, FakeClock, type FakeWorker, type Submitted, takeViolations } from "./fakes.ts";
import { type Random, random } from "./random.ts";
import { aRequest } from "./request.ts";

/** Clusters that share a budget, a few steps away from it if `distant`. */
class Clusters {
  readonly clock = new FakeClock();
  readonly allocator: Allocator;

  constructor(workers: number) {
    this.allocator = new Allocator(workers);
  }

  add(options: Partial<SchedulerOptions> = {}, distant = false, level = 0): Cluster {
    const allowances: Allowances = {
      join: (most, tell) => {
        const send = (message: () => void): void =>
          distant ? this.clock.soon(() => this.clock.soon(message)) : message();
        const member = this.allocator.join(most, (allowance) => send(() => tell(allowance)), level);
        return { report: (report) => send(() => member.report(report)), leave: () => send(() => member.leave()) };
      },
    };
    return new Cluster({ maxWorkers: 8, ...options }, "process", { clock: this.clock, allowances });
  }
}

/** Workers that have not exited. */
const live = (cluster: Cluster): FakeWorker[] => cluster.workers.filter((worker) => worker.at !== "exited");

/** Workers that are to leave do. */
function leave(...clusters: Cluster[]): void {
  for (const cluster of clusters) for (const worker of live(cluster)) if (worker.ending) worker.exit();
  for (const cluster of clusters) cluster.flush();
}

/** Ends the job of a cluster's first busy worker. */
function answerOne(cluster: Cluster): void {
  live(cluster).find((worker) => worker.jobs.size > 0)?.answer();
  cluster.flush();
}

/** Submits as many jobs as there may be workers, and more, and has the workers become ready. */
function fill(cluster: Cluster, jobs = 8): Submitted[] {
  const all = Array.from({ length: jobs }, (_, i) => cluster.submit(i));
  cluster.flush();
  cluster.allReady();
  cluster.flush();
  return all;
}

for (const distant of [false, true]) {
  const of = distant ? "a budget elsewhere" : "a budget";
  describe(`Scheduler with a share of ${of}`, () => {
    it(`Scheduler starts no more workers than ${of} has`, () => {
      const one = new Clusters(3).add({}, distant);
      fill(one);
      expect(live(one)).toHaveLength(3);
    });

    it(`Scheduler starts a first worker at once, though others have all of ${of}`, () => {
      const clusters = new Clusters(2);
      const [one, two] = [clusters.add({}, distant), clusters.add({}, distant)];
      fill(one);
      two.submit("first");
      expect([live(one).length, live(two).length]).toEqual([2, 1]);
    });

    it(`Scheduler gives up workers of ${of} when they are free, and kills nothing`, () => {
      const clusters = new Clusters(4);
      const [one, two] = [clusters.add({}, distant), clusters.add({}, distant)];
      fill(one);
      fill(two);
      expect([live(one).length, live(two).length]).toEqual([4, 1]);
      answerOne(one);
      expect(live(one).map((worker) => worker.stops).sort()).toEqual([0, 0, 0, 1]);
      // It is not gone yet.
      expect(live(two)).toHaveLength(1);
      leave(one, two);
      answerOne(one);
      leave(one, two);
      two.allReady();
      expect([live(one).length, live(two).length]).toEqual([2, 2]);
      answerOne(one);
      expect(live(one).map((worker) => worker.stops)).toEqual([0, 0]);
      expect([one.faults, two.faults]).toEqual([[], []]);
    });

    it(`Scheduler gives up idle workers of ${of} when another cluster wants them, and not before`, () => {
      const clusters = new Clusters(3);
      const [one, two] = [clusters.add({ minWorkers: 2 }, distant), clusters.add({}, distant)];
      fill(one, 3);
      for (let i = 0; i < 3; i++) answerOne(one);
      clusters.clock.advance(2 * LULL);
      one.flush();
      expect(live(one)).toHaveLength(3);
      fill(two, 2);
      leave(one, two);
      expect([live(one).length, live(two).length]).toEqual([1, 2]);
      fill(two, 1);
      leave(one, two);
      expect([live(one).length, live(two).length]).toEqual([0, 3]);
      for (let i = 0; i < 3; i++) answerOne(two);
      two.close();
      leave(one, two);
      clusters.clock.advance(LULL);
      one.flush();
      // Those that are kept warm are wanted again.
      expect([live(one).length, live(two).length]).toEqual([2, 0]);
    });

    it(`Scheduler keeps a worker of ${of} between jobs that come one after the other`, () => {
      const clusters = new Clusters(2);
      const [one, two] = [clusters.add({}, distant), clusters.add({}, distant)];
      fill(one, 1);
      fill(two);
      for (let i = 0; i < 20; i++) {
        answerOne(one);
        clusters.clock.advance(LULL / 2);
        fill(one, 1);
      }
      expect([one.workers.length, live(two).length]).toEqual([1, 1]);
      answerOne(one);
      clusters.clock.advance(2 * LULL);
      one.flush();
      leave(one, two);
      expect([live(one).length, live(two).length]).toEqual([0, 2]);
    });

    it(`Scheduler with places for more jobs gives up workers of ${of} though they are never free`, () => {
      const clusters = new Clusters(4);
      const [one, two] = [clusters.add({ concurrency: 3 }, distant), clusters.add({}, distant)];
      fill(one, 12);
      fill(two);
      expect(one.stats.workers.retiring).toBe(2);
      for (let i = 0; i < 12; i++) answerOne(one);
      leave(one, two);
      expect([live(one).length, live(two).length]).toEqual([2, 2]);
      expect(one.facts.filter((fact) => fact.type === "job:settled" && !fact.ok)).toEqual([]);
    });

    it(`ready() waits for as many as ${of} allows`, () => {
      const clusters = new Clusters(2);
      const one = clusters.add({ minWorkers: 5 }, distant);
      const answers = one.warm();
      one.flush();
      expect([live(one).length, answers]).toEqual([2, []]);
      one.allReady();
      one.flush();
      expect(answers).toEqual([null]);
    });

    it(`A cluster that nobody uses has nothing of ${of}, and starts nothing`, () => {
      const clusters = new Clusters(2);
      const [one, two] = [clusters.add({ minWorkers: 2 }, distant), clusters.add({}, distant)];
      fill(two);
      expect([live(one).length, live(two).length]).toEqual([0, 2]);
      one.close();
      one.flush();
      expectNothingLeft(one);
    });
  });
}

describe("Schedulers with a budget", () => {
  it(
    "Schedulers never have more workers than the budget but for first ones, and serve every job, in random histories",
    () => {
      const seed = Number(process.env["SEED"] ?? Date.now() % 1e6);
      for (let i = 0; i < 100; i++) new History(seed + i).play();
    },
    60_000,
  );
});

/** Clusters that come and go; workers that answer, crash and leave. */
class History {
  readonly #seed: number;
  readonly #random: Random;
  readonly #workers: number;
  /** Whether jobs have keys, or are for one worker: then some wait though workers could be started. */
  readonly #keyed: boolean;
  readonly #clusters: Clusters;
  readonly #all: Cluster[] = [];
  readonly #jobs: Submitted[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = random(seed);
    this.#workers = 1 + this.#random.integer(6);
    this.#keyed = this.#random.once(3);
    this.#clusters = new Clusters(this.#workers);
  }

  play(): void {
    try {
      for (let step = 0; step < 80; step++) this.#step();
      this.#comeToRest();
      this.#checkAtRest();
      this.#serveUntil(() => this.#jobs.every((job) => job.outcome !== null), "a job is never answered");
      for (const cluster of this.#all) cluster.close();
      this.#serveUntil(() => this.#all.every((cluster) => cluster.stats.state === "closed"), "a cluster never closes");
      expect(this.#clusters.clock.pending).toBe(0);
    } catch (error) {
      throw new Error(`SEED=${this.#seed}`, { cause: error });
    }
  }

  #step(): void {
    const { once, integer, pick } = this.#random;
    if (this.#all.length === 0 || once(20)) this.#add();
    const cluster = pick(this.#all);
    const key = this.#keyed && once(2) ? pick(["a", "b"]) : null;
    if (once(2)) { for (let i = integer(5); i >= 0; i--) this.#jobs.push(cluster.submit("job", { key })); }
    if (this.#keyed && once(20)) cluster.broadcast(aRequest(), false, () => {});
    if (once(15) && this.#jobs.length > 0) pick(this.#jobs).cancel();
    if (once(30)) cluster.warm();
    if (once(40)) cluster.close(once(2) ? "now" : "drain");
    if (once(2)) this.#serve(pick(this.#all));
    if (once(3)) this.#clusters.clock.runSoon();
    if (once(3)) this.#clusters.clock.advance(integer(60));
    this.#check();
  }

  #add(): void {
    const { pick, once } = this.#random;
    const maxWorkers = pick([1, 2, 4, 8]);
    this.#all.push(
      this.#clusters.add(
        {
          maxWorkers,
          minWorkers: Math.min(maxWorkers, pick([0, 0, 1, 3])),
          concurrency: pick([1, 1, 2]),
          prefetch: pick([0, 0, "auto", 2]),
          idleTimeout: pick([50, 20_000]),
          retries: 3,
        },
        once(2),
        pick([0, 0, 1, 2]),
      ),
    );
  }

  /** Some worker of it does something. */
  #serve(cluster: Cluster, mayCrash = true): void {
    for (const worker of live(cluster)) {
      if (this.#random.once(3)) continue;
      if (worker.ending) worker.exit();
      else if (worker.at === "starting") worker.ready();
      else if (mayCrash && this.#random.once(25)) worker.crash();
      else if (worker.jobs.size > 0) {
        worker.hearRecalls();
        if (worker.jobs.size > 0) worker.answer();
      }
    }
  }

  /** Those that have more than one worker have no more than the budget, always: a first one is everybody's right. */
  #check(): void {
    const counts = this.#all.map((cluster) => live(cluster).length);
    const more = counts.filter((count) => count > 1).reduce((sum, count) => sum + count, 0);
    if (more > this.#workers) throw new Error(`${counts} workers, and the budget is ${this.#workers}`);
    const [violation] = takeViolations();
    if (violation) throw new Error(violation);
  }

  /** Jobs end where a worker is to go, and nowhere else, until nothing changes: those that stay are held back. */
  #comeToRest(): void {
    for (let round = 0; round < 30; round++) {
      for (const cluster of this.#all) {
        cluster.allReady();
        const { retiring } = cluster.stats.workers;
        for (const worker of live(cluster)) {
          if (worker.ending) worker.exit();
          else if ((retiring > 0 || this.#isOver()) && worker.jobs.size > 0) {
            worker.hearRecalls();
            if (worker.jobs.size > 0) worker.answer();
          }
        }
      }
      this.#clusters.clock.advance(LULL + 1);
      this.#clusters.clock.flush();
      this.#check();
    }
  }

  #isOver(): boolean {
    return this.#sum() > this.#bound();
  }

  #sum(): number {
    return this.#all.reduce((sum, cluster) => sum + live(cluster).length, 0);
  }

  #bound(): number {
    return Math.max(this.#workers, this.#all.filter(needs).length);
  }

  #checkAtRest(): void {
    if (this.#isOver()) throw new Error(`${this.#sum()} workers at rest, and ${this.#bound()} are allowed`);
    const wants = this.#all.filter((cluster) => {
      const { waiting } = cluster.stats.jobs;
      return !this.#keyed && waiting > 0 && live(cluster).length < cluster.options.maxWorkers;
    });
    if (wants.length > 0 && this.#sum() < this.#workers) {
      throw new Error(`jobs wait, and there are ${this.#sum()} workers of ${this.#workers}`);
    }
    for (const cluster of wants) if (live(cluster).length === 0) throw new Error("a cluster with jobs has no worker");
  }

  #serveUntil(done: () => boolean, otherwise: string): void {
    for (let round = 0; !done(); round++) {
      if (round > 3_000) throw new Error(otherwise);
      for (const cluster of this.#all) this.#serve(cluster, false);
      this.#clusters.clock.advance(20);
      this.#clusters.clock.flush();
      this.#check();
    }
  }
}

/** Whether it has jobs. */
function needs(cluster: Cluster): boolean {
  const { waiting, running } = cluster.stats.jobs;
  return waiting + running > 0;
}
