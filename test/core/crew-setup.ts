import type { WorkerExit, WorkerSpec } from "../../src/core/adapter.ts";
import { Crew, type CrewOptions } from "../../src/core/crew.ts";
import type { ClusterError } from "../../src/core/errors.ts";
import { Job } from "../../src/core/job.ts";
import { Placement } from "../../src/core/placement.ts";
import type { Worker } from "../../src/core/worker.ts";
import { defaults, FakeAdapter, FakeClock, type FakeWorker } from "./fakes.ts";
import { aRequest, uncontrolled } from "./request.ts";

/** A crew on fakes; what it tells its scheduler is noted. */
export class CrewSetup {
  readonly clock = new FakeClock();
  readonly adapter = new FakeAdapter();
  readonly told: string[] = [];
  readonly exits: [Worker, WorkerExit, expected: boolean][] = [];
  readonly failures: ClusterError[] = [];
  readonly crew: Crew;
  readonly placement: Placement;
  readonly #options: CrewOptions;
  turns = 0;

  constructor(options: Partial<CrewOptions> = {}) {
    this.#options = { ...defaults, ...options };
    this.crew = new Crew(this.#options, {
      clock: this.clock,
      adapter: this.adapter,
      spec: () => ({ module: "file:///worker.js", concurrency: this.#options.concurrency }) as WorkerSpec,
      turn: (change) => {
        this.turns++;
        change();
      },
      tell: (type, fact) =>
        this.told.push(`${type} ${"worker" in fact() ? (fact() as { worker: string }).worker : ""}`),
      said: (worker, frame) => this.told.push(`${worker.port.id} said ${JSON.stringify(frame)}`),
      kept: () => {},
      unreplayed: (worker, number) => this.told.push(`${worker.port.id} did not replay ${number}`),
      exited: (worker, exit, expected) => this.exits.push([worker, exit, expected]),
      startsFailed: (failure) => this.failures.push(failure),
    });
    this.placement = new Placement(this.#options, this.crew);
  }

  /** Starts this many workers, as jobs that wait would. */
  start(count: number): FakeWorker[] {
    this.crew.grow(count * this.#options.concurrency, 0);
    return this.adapter.workers.slice(-count);
  }

  /** Starts this many workers and has them become ready. */
  ready(count: number): Worker[] {
    for (const worker of this.start(count)) worker.ready();
    return [...this.crew].slice(-count);
  }

  states(): string[] {
    return [...this.crew].map((worker) => worker.state.at);
  }
}

/** Gives a worker jobs with these numbers, as if sent. */
export function give(worker: Worker, ...numbers: number[]): void {
  for (const number of numbers) {
    worker.jobs.push(
      new Job(
        number,
        aRequest(),
        0,
        () => {},
        uncontrolled,
      ),
    );
  }
  worker.enter({ at: "busy" });
}
