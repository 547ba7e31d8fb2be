/**
 * Refuses jobs that are predicted to be answered too late: by what is in the queue, and by how many a second its hosts are measured to do.
 * Only a program that sets a limit asks the broker and listens to hosts, and only as long as it enqueues jobs.
 *
 * The rules are those of the cluster of one machine (`core/admission.ts`): while a slot is free every job is taken, and so it is while
 * too little is known.
 *
 * @module
 */

import { lateness } from "../core/admission.ts";
import type { Clock, Timer } from "../core/clock.ts";
import type { ClusterError } from "../core/errors.ts";
import type { Forecast } from "../core/forecast.ts";
import { isLasting } from "./faults.ts";
import type { HostReport } from "./host-report.ts";
import type { Broker, Link } from "./link.ts";
import type { Names } from "./names.ts";
import type { RemoteJob } from "./remote-job.ts";
import { Watching } from "./watching.ts";

/** For how long the number of jobs in the queue is taken for what it was, in milliseconds. */
const FRESH = 250;

/** How long hosts are listened to after the last job with a limit, in milliseconds. */
const LISTENS = 60_000;

/** What admission is given to work with. */
export interface AdmissionParts {
  readonly link: Pick<Link, "open">;
  readonly names: Names;
  readonly clock: Clock;
  /** How long jobs take, as this program has seen it. */
  readonly forecast: Forecast;
  /** Longest predicted time until an answer, in milliseconds, or Infinity. */
  readonly maxLatency: number;
  /** How many jobs this program has that have no answer. */
  own(): number;
  /** A job is refused. */
  refused(job: RemoteJob, error: ClusterError): void;
}

/** What is known of hosts. */
interface Listening {
  readonly watching: Watching;
  /** Whether those that are there have had the time to say so. */
  knows: boolean;
  /** When it was last of use. */
  asked: number;
  timer: Timer | null;
}

/** How many jobs a queue has. */
interface Count {
  readonly at: number;
  /** Of other programs. */
  readonly others: number;
  /** How many of this program's were answered since it was counted before: some of them may have been there still. */
  readonly answered: number;
}

/** What a decision is made by. */
interface Known {
  readonly count: Count;
  readonly hosts: readonly HostReport[];
}

/** Lets jobs in, or not. */
export class Admission {
  readonly #parts: AdmissionParts;
  #listening: Listening | null = null;
  #count: Count | null = null;
  #runsThen = 0;
  #counting: Promise<Count | null> | null = null;
  /** Without the right to count jobs nothing is known, and it is not asked again. */
  #may = true;
  /** Jobs of this program of which it is not known yet. */
  #undecided = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Refuses a job, or lets it be. Resolves when it is decided; null for a job without limits. Never rejects. */
  decide(job: RemoteJob): Promise<void> | null {
    const { bounded, deadline } = job.request;
    if (bounded || Math.min(this.#parts.maxLatency, deadline) === Infinity) return null;
    this.#undecided++;
    return this.#decide(job);
  }

  /** Nobody is listened to any more. */
  end(): void {
    this.#listening?.timer?.cancel();
    this.#listening?.watching.end();
    this.#listening = null;
  }

  async #decide(job: RemoteJob): Promise<void> {
    const known = await this.#known().catch(() => null);
    // From here on it is counted, and all at once: the next job is decided on by that.
    this.#undecided--;
    if (known === null || job.isSettled) return;
    const expected = this.#expected(job, known);
    const error = expected === null ? null : lateness(expected, this.#parts.maxLatency, job.request.deadline);
    if (error) this.#parts.refused(job, error);
  }

  /** Null for too little. */
  async #known(): Promise<Known | null> {
    const broker = await this.#parts.link.open();
    const { watching, knows } = this.#listen(broker);
    const count = this.#may ? await this.#counted(broker) : null;
    return count && knows ? { count, hosts: watching.hosts } : null;
  }

  /** How many jobs this program has that were decided on. */
  get #own(): number {
    return this.#parts.own() - this.#undecided;
  }

  /** When a job would be answered, in milliseconds after it was enqueued; null if a slot is free for it, or too little is known. */
  #expected({ request, submittedAt }: RemoteJob, { count, hosts }: Known): number | null {
    const { forecast, clock } = this.#parts;
    const serving = hosts.filter(({ state }) => state === "serving");
    // Those that end answer what they have, and no more.
    const places = sum(serving, placesOf);
    // A host tells an answer before the broker has heard that the job is done, but of no more jobs than it has places.
    const others = Math.max(0, count.others - Math.min(count.answered, places));
    const ahead = others + this.#own - 1 - sum(hosts, (host) => host.state === "serving" ? 0 : host.held);
    if (ahead + 1 <= places) return null;
    const capacity = sum(serving, ({ capacity }) => capacity);
    // The first runs pay for warming up; two per slot are not held against the rest.
    if (capacity === 0 || sum(serving, runsOf) < 2 * sum(serving, ({ slots }) => slots)) return null;
    const own = forecast.run(request.task, clock.now()) || sum(serving, (host) => host.ran * runsOf(host)) /
        sum(serving, runsOf);
    return clock.now() - submittedAt + own + (1000 * (ahead + 1 - places)) / capacity;
  }

  #listen({ connection }: Broker): Listening {
    const { names, clock } = this.#parts;
    const now = clock.now();
    const listening = this.#listening ??= {
      watching: new Watching({ connection, clock, subjects: [names.host("*")] }),
      knows: false,
      asked: now,
      timer: null,
    };
    listening.asked = now;
    if (listening.timer) return listening;
    void listening.watching.ask(names.roll).then(() => listening.knows = true);
    this.#leaveLater(listening);
    return listening;
  }

  #leaveLater(listening: Listening): void {
    const { clock } = this.#parts;
    listening.timer = clock.schedule(LISTENS, () => {
      if (clock.now() - listening.asked < LISTENS) this.#leaveLater(listening);
      else this.end();
    });
  }

  /** Null if it can't be had. */
  #counted(broker: Broker): Promise<Count | null> | Count {
    const { clock } = this.#parts;
    if (this.#count && clock.now() - this.#count.at < FRESH) return this.#count;
    this.#counting ??= this.#ask(broker).finally(() => this.#counting = null);
    return this.#counting;
  }

  async #ask({ jsm }: Broker): Promise<Count | null> {
    const { names, clock } = this.#parts;
    try {
      const { state } = await jsm.streams.info(names.jobs);
      const { runs } = this.#parts.forecast;
      const answered = runs - this.#runsThen;
      this.#runsThen = runs;
      return this.#count = { at: clock.now(), others: state.messages - this.#own, answered };
    } catch (error) {
      this.#may = !isLasting(error);
      return null;
    }
  }
}

/** How many of a host's slots are the queue's: others may be taken by jobs of another. */
function placesOf({ slots, held, free }: HostReport): number {
  return Math.min(slots, held + free);
}

function runsOf({ done, failed }: HostReport): number {
  return done + failed;
}

function sum(hosts: readonly HostReport[], of: (host: HostReport) => number): number {
  return hosts.reduce((sum, host) => sum + of(host), 0);
}
