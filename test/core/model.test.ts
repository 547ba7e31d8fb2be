import process from "node:process";
import { describe, it } from "vitest";
import type { SchedulerOptions } from "../../src/core/scheduler.ts";
import { Cluster, defaults, takeViolations } from "./fakes.ts";
import { Model, ModelJob, type ModelWorker } from "./model.ts";
import { type Random, random } from "./random.ts";

/** Histories per run; `SEED=n` replays one. */
const HISTORIES = 500;

/** Rounds in which fair workers must have come to an end. */
const FAIR_ROUNDS = 500;

const JUNK = [undefined, null, 7, "answers", [], {}, { type: "stray" }, { type: "ready" }, {
  type: "answers",
  answers: [[1]],
}];

// No two durations are alike, so that no two timers are due at the same moment.
function anyOptions({ integer, pick }: Random): SchedulerOptions {
  const maxWorkers = 1 + integer(4);
  return {
    ...defaults,
    maxWorkers,
    minWorkers: Math.min(maxWorkers, pick([0, 0, 1, 2])),
    concurrency: pick([1, 1, 2, 3]),
    maxBacklog: pick([0, 1, 2, 5, Infinity, Infinity]),
    maxLatency: pick([120, Infinity, Infinity]),
    retries: pick([0, 0, 1, 2]),
    killGrace: 1_003,
    abortGrace: pick([401, 1_003, 2_011]),
    idleTimeout: pick([709, 20_011, Infinity]),
    startTimeout: pick([1_507, Infinity]),
  };
}

/** One random history, played to a scheduler and a model at once. */
class History {
  readonly #random: Random;
  readonly #cluster: Cluster;
  readonly #model: Model;
  readonly log: string[] = [];
  readonly options: SchedulerOptions;
  #closed = 0;
  #closes = 0;
  #lastValue = 0;
  /** Callers that do something when they are told; none while workers are fair. */
  #restless = true;

  constructor(seed: number) {
    this.#random = random(seed);
    this.options = anyOptions(this.#random);
    this.#cluster = new Cluster(this.options);
    this.#model = new Model(this.options, this.#cluster);
  }

  play(): void {
    const steps = 60 + this.#random.integer(40);
    for (let step = 0; step < steps; step++) this.#step(this.#random.pick(COMMANDS));
    this.#restless = false;
    this.#beFair(() => this.#model.settled, "a job is never answered");
    this.#step("drain");
    this.#beFair(() => this.#cluster.stats.state === "closed", "the cluster never closes");
    if (this.#closed !== this.#closes) throw new Error(`${this.#closes} calls of close, ${this.#closed} answers`);
    this.#checkFacts();
  }

  #step(command: Command): void {
    this.#do(command);
    this.#cluster.flush();
    this.#model.check();
    const [violation] = takeViolations();
    if (violation) throw new Error(violation);
  }

  // ---- commands

  #do(command: Command): void {
    const { workers } = this.#model;
    const busy = workers.filter((worker) => worker.ready && worker.jobs.size > 0);
    switch (command) {
      case "submit":
        return this.#submit();
      case "cancel":
        return this.#cancel();
      case "ready":
        return this.#with(workers.filter((worker) => !worker.ready), (worker) => this.#ready(worker));
      case "answer":
        return this.#with(busy, (worker) => this.#answer(worker, this.#random.fraction()));
      case "hear":
        return this.#with(busy, (worker) => this.#hear(worker));
      case "say":
        return this.#with(workers, (worker) => this.#say(worker));
      case "fail start":
        return this.#with(workers.filter((worker) => worker.starting), (worker) => this.#exit(worker));
      case "exit":
        return this.#with(workers.filter((worker) => worker.ready), (worker) => this.#exit(worker));
      case "leave":
        return this.#with(workers.filter((worker) => worker.ending), (worker) => this.#exit(worker));
      case "wait":
        return this.#wait(this.#random.fraction() * this.#random.pick([20, 60, 800, 5_000, 40_000]));
      case "warm":
        return this.#log("warm", () => this.#model.warm());
      case "drain":
        return this.#close("drain");
      case "close":
        // Rarely: most of a history is to be that of an open cluster.
        return this.#random.once(6) ? this.#close(this.#random.pick(["drain", "now"])) : undefined;
    }
  }

  #with(workers: readonly ModelWorker[], act: (worker: ModelWorker) => void): void {
    if (workers.length > 0) act(this.#random.pick(workers));
  }

  #log(what: string, act: () => void): void {
    this.log.push(`${Math.round(this.#cluster.clock.now() * 10) / 10}: ${what}`);
    act();
  }

  #submit(): void {
    const { once, fraction, pick } = this.#random;
    const timeout = once(3) ? 10 + fraction() * pick([100, 2_000]) : Infinity;
    const number = this.#model.jobs.length + 1;
    const [priority, bounded] = [pick([0, 0, 0, 0, 1, -1, 3]), once(8)];
    const job = new ModelJob(number, timeout, once(12), priority, bounded);
    const then = this.#restless ? pick(REACTIONS) : "nothing";
    const meddles = this.#restless && once(8) && this.options.maxBacklog === Infinity &&
      this.options.maxLatency === Infinity;
    const args = job.bad ? (): void => {} : meddles ? this.#meddling(job) : number;
    this.#log(
      `submit ${number}, timeout ${Math.round(timeout)}${job.bad ? ", bad" : ""}, priority ${priority}${
        bounded ? ", bounded" : ""
      }, then ${then}`,
      () => {
        this.#model.submit(job, (told) =>
          this.#cluster.submit(args, {
            timeout,
            priority,
            bounded,
            done: (outcome) => {
              told(outcome);
              if (this.#restless) this.#react(then);
            },
          }));
      },
    );
  }

  /** Arguments with a getter that submits or cancels when they are cloned. */
  #meddling(job: ModelJob): object {
    const cancels = this.#random.once(2);
    const meddle = (): number => {
      this.#model.reading();
      if (!this.#restless) return 0;
      if (!cancels) this.#submit();
      else if (job.submitted) this.#log(`getter cancels ${job.number}`, () => this.#model.cancel(job, "by getter"));
      return 0;
    };
    return {
      get value() {
        return meddle();
      },
    };
  }

  #react(what: Reaction): void {
    if (what === "submit") this.#submit();
    else if (what === "cancel") this.#cancel();
    else if (what === "close" && this.#random.once(20)) this.#close(this.#random.pick(["drain", "now"]));
  }

  #cancel(): void {
    const jobs = this.#model.jobs.filter((job) => job.submitted && (!job.told || this.#random.once(20)));
    if (jobs.length === 0) return;
    const job = this.#random.pick(jobs);
    this.#log(`cancel ${job.number} (${job.at})`, () => this.#model.cancel(job, `cancel of ${job.number}`));
  }

  #ready(worker: ModelWorker): void {
    this.#log(`worker ${worker.fake.id} is ready`, () => this.#model.ready(worker));
  }

  /** Answers this part of a worker's jobs, at least one, in any order. */
  #answer(worker: ModelWorker, part: number): void {
    const open = [...worker.jobs.keys()];
    const answers: [number, 0 | 1, unknown][] = [];
    for (let left = Math.max(1, Math.ceil(open.length * part)); left > 0; left--) {
      const [number] = open.splice(this.#random.integer(open.length), 1);
      answers.push([number!, this.#random.once(6) ? 1 : 0, `value ${++this.#lastValue}`]);
    }
    if (this.#random.once(10)) answers.push(this.#random.pick(answers));
    this.#answers(worker, answers);
  }

  #answers(worker: ModelWorker, answers: readonly [number, 0 | 1, unknown][]): void {
    const numbers = answers.map((answer) => answer[0]).join(", ");
    this.#log(`worker ${worker.fake.id} answers ${numbers}`, () => this.#model.answer(worker, answers));
  }

  #hear(worker: ModelWorker): void {
    const number = this.#random.once(10) ? this.#random.integer(99) : this.#random.pick([...worker.jobs.keys()]);
    const heeds = this.#random.once(2);
    const how = `worker ${worker.fake.id} hears of ${number}${heeds ? " and heeds" : ""}`;
    this.#log(how, () => this.#model.hear(worker, number, heeds));
  }

  /** Junk, or answers to jobs that it never had, or no more. */
  #say(worker: ModelWorker): void {
    const { once, pick, integer } = this.#random;
    if (once(2)) return this.#log(`worker ${worker.fake.id} talks`, () => this.#model.junk(worker, pick(JUNK)));
    const jobs = this.#model.jobs.length;
    const numbers = [integer(jobs + 2), integer(jobs + 2)].filter((number) => !worker.jobs.has(number));
    this.#answers(worker, numbers.map((number) => [number, integer(2) as 0 | 1, "forged"]));
  }

  #exit(worker: ModelWorker): void {
    const code = this.#random.pick([0, 0, 1, null]);
    const abandoned = worker.killed && this.#random.once(5);
    this.#log(`worker ${worker.fake.id} exits with ${code}`, () => this.#model.exit(worker, code, abandoned));
  }

  #wait(ms: number): void {
    this.#log(`${Math.round(ms * 10) / 10} ms pass`, () => this.#cluster.clock.advance(ms));
  }

  #close(mode: "drain" | "now"): void {
    this.#closes++;
    this.#log(`close ${mode}`, () => this.#model.close(mode, () => this.#closed++));
  }

  // ---- the end

  /** Has every worker do what it should, and time pass, until `done`. */
  #beFair(done: () => boolean, otherwise: string): void {
    for (let round = 0; !done(); round++) {
      if (round > FAIR_ROUNDS) throw new Error(otherwise);
      for (const worker of [...this.#model.workers]) {
        if (!this.#model.workers.includes(worker)) continue;
        if (worker.ending) this.#model.exit(worker, 0, false);
        else if (!worker.ready) this.#ready(worker);
        else if (worker.jobs.size > 0) this.#answer(worker, 1);
        this.#cluster.flush();
        this.#model.check();
      }
      this.#wait(97.3);
      this.#cluster.flush();
      this.#model.check();
    }
  }

  /** Each job's facts, from first to last. */
  #checkFacts(): void {
    const lives = new Map<string, string[]>();
    for (const fact of this.#cluster.facts) {
      if (!("job" in fact)) continue;
      lives.set(fact.job, [...lives.get(fact.job) ?? [], fact.type.slice("job:".length)]);
    }
    for (const job of this.#model.jobs) {
      const life = lives.get(String(job.number))?.join(" ") ?? "";
      const right = job.at === "refused" ? /^refused$/ : /^queued( started( retried)?)* settled$/;
      if (!right.test(life)) throw new Error(`the facts of job ${job.number} are: ${life}`);
    }
  }
}

type Reaction = "nothing" | "submit" | "cancel" | "close";
const REACTIONS: readonly Reaction[] = [
  "nothing",
  "nothing",
  "nothing",
  "nothing",
  "submit",
  "submit",
  "cancel",
  "close",
];

type Command = (typeof WEIGHTS)[number][0];
const WEIGHTS = [
  ["submit", 12],
  ["cancel", 3],
  ["ready", 7],
  ["answer", 9],
  ["hear", 3],
  ["say", 1],
  ["fail start", 2],
  ["exit", 2],
  ["leave", 5],
  ["wait", 7],
  ["warm", 1],
  ["drain", 0],
  ["close", 1],
] as const;
const COMMANDS: readonly Command[] = WEIGHTS.flatMap(([command, weight]) => Array<Command>(weight).fill(command));

function play(seed: number): void {
  takeViolations();
  const history = new History(seed);
  try {
    history.play();
  } catch (error) {
    const options = JSON.stringify(history.options, (_, value: unknown) => value === Infinity ? "Infinity" : value);
    const message = [`SEED=${seed}: ${(error as Error).message}`, options, ...history.log].join("\n  ");
    throw new Error(message, { cause: error });
  }
}

describe("Scheduler and model", () => {
  it("Scheduler does what its model does, in random histories, and comes to an end", () => {
    const seed = process.env["SEED"];
    if (seed) return play(Number(seed));
    for (let each = 1; each <= HISTORIES; each++) play(each);
  });
});
