/**
 * What a host does with a job that it was given: runs it in its own cluster, stores the answer, tells whoever waits, and only then lets
 * the job leave the queue.
 *
 * @module
 */

import type { ComputeCluster } from "../cluster.ts";
import { Chain } from "../core/chain.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import { Register } from "../core/register.ts";
import { submitApart } from "../submit-apart.ts";
import { isOwnFault, isTerminated } from "../own-fault.ts";
import type { Bulk } from "./bulk.ts";
import { Cutoff, CutShort } from "./cutoff.ts";
import type { Delivery } from "./delivery.ts";
import { type Answered, answered, type Cut, cutOff, type Ended, failed, thrown } from "./ended.ts";
import { writeFailure } from "./failures.ts";
import { engineError, isLasting } from "./faults.ts";
import { type JobLetter, readJob } from "./letters.ts";
import type { Broker } from "./link.ts";
import type { GivingBack } from "./giving-back.ts";
import { Looking, UNKNOWN } from "./looking.ts";
import { Names, ownerOf } from "./names.ts";
import { Patience, WAITS } from "./patience.ts";
import { isPoison, poisoned } from "./poison.ts";
import { skew } from "./queue.ts";
import type { Tally } from "./tally.ts";
import type { Answering, Run } from "./answering.ts";
import { read, write, type Written } from "./values.ts";
import type { Withdrawn } from "./withdrawn.ts";

/** How long another host has to come first for a job that this one can't run now, in milliseconds. */
const LATER = 1_000;

/** Faults that say more of this host than of the job: another is to have it. */
const OURS: ReadonlySet<unknown> = new Set(["CC_ERR_CLOSED", "CC_ERR_BACKLOG_FULL", "CC_ERR_LATENCY"]);

/** What running is given to work with, and whom it tells. */
export interface RunningParts {
  readonly broker: Broker;
  readonly names: Names;
  readonly queue: string;
  readonly bulk: Bulk;
  readonly cluster: ComputeCluster;
  readonly answering: Answering;
  readonly givingBack: GivingBack;
  readonly withdrawn: Withdrawn;
  readonly tally: Tally;
  readonly clock: Clock;
  /** The version of the module, or null. */
  readonly version: string | null;
  /** How often a job is given to a host; then it is given up. */
  readonly maxDeliveries: number;
  /** Whether this host takes no more jobs, and is about to end. */
  isLeaving(): boolean;
  /** A place is free. */
  freed(): void;
  /** No worker could be started for a job, which was given back. */
  unfit(): void;
  /** Something went wrong that is no job's. */
  warn(error: Error): void;
}

/** A job that is to run here. */
interface Given {
  readonly delivery: Delivery;
  readonly letter: JobLetter;
  /** How many hosts it has cost. */
  readonly losses: number;
  readonly run: Run;
  readonly cutoff: Cutoff;
}

/** A job that is here. */
interface Here {
  readonly delivery: Delivery;
  readonly cutoff: Cutoff;
}

/** Runs jobs of one queue. */
export class Running {
  readonly #parts: RunningParts;
  readonly #held = new Chain<Delivery>();
  #answering = 0;
  readonly #patience = new Patience();
  readonly #looking: Looking;
  /**
   * By address and message: a job that was given up may be enqueued again while it still runs. Without those that were withdrawn or lost.
   */
  readonly #here = new Register<string, Here>();
  /** Those that the broker has taken for lost while there was no connection. */
  readonly #lost: Delivery[] = [];
  #timer: Timer | null = null;

  constructor(parts: RunningParts) {
    this.#parts = parts;
    this.#looking = new Looking(parts);
  }

  /** How many jobs it has. */
  get held(): number {
    return this.#held.size;
  }

  /** How many of them are over, but for their answers, which the broker has yet to keep. */
  get answering(): number {
    return this.#answering;
  }

  /** How many jobs have run for so long that none is to wait for them here. */
  get blocked(): number {
    const old = performance.now() - WAITS / 2;
    let blocked = 0;
    for (const { startedAt } of this.#parts.answering.runs) if (startedAt > 0 && startedAt < old) blocked++;
    return blocked;
  }

  /**
   * A job has come: says whether it is here already. Its lease has run out then while this host stood still: it is one job, whose first
   * delivery renews the lease and takes it out of the queue, since the broker goes by the message.
   */
  cameAgain(delivery: Delivery): boolean {
    const here = this.#here.get(keyOf(delivery));
    if (!here) return false;
    here.delivery.count = delivery.count;
    void this.#parts.givingBack.excuse(delivery);
    return true;
  }

  /** Runs a job that is not here yet. Never rejects. */
  async take(delivery: Delivery): Promise<void> {
    const key = keyOf(delivery);
    const here = { delivery, cutoff: new Cutoff() };
    // At once: it may come again while it is still looked for.
    this.#here.set(key, here);
    this.#held.push(delivery);
    this.#parts.tally.taken();
    if (this.#held.size > this.#parts.cluster.slots) this.#watch();
    try {
      await this.#handle(here);
    } catch (error) {
      // The broker is at fault. The job stays in the queue until its lease has run out.
      this.#parts.warn(engineError(`job ${Names.addressIn(delivery.subject)} was let go`, error));
    }
    if (this.#here.get(key) === here) this.#here.delete(key);
    this.#held.remove(delivery);
    this.#parts.tally.left();
    this.#parts.freed();
  }

  /** Tells the broker that all of them are being worked on. */
  renew(): void {
    for (const delivery of this.#held) delivery.renew();
  }

  /** Nobody wants a job any more: that of an address which came in this message. */
  withdraw(key: string): void {
    this.#parts.withdrawn.add(key);
    this.#cut(key, "withdrawn");
  }

  /** The broker has taken the jobs for lost: whoever has them now is not to run them at the same time for long. */
  lose(): void {
    for (const { delivery } of this.#here.values()) this.#lost.push(delivery);
    for (const key of [...this.#here.keys()]) this.#cut(key, "lost");
  }

  /** There is a connection again: those that were lost meanwhile were not lost with a host. Never rejects. */
  async excuse(): Promise<void> {
    await Promise.all(this.#lost.splice(0).map((delivery) => this.#parts.givingBack.excuse(delivery)));
  }

  /** What only waits no longer than it has to may have begun. */
  #cut(key: string, cut: Cut): void {
    this.#here.get(key)?.cutoff.end(cut);
    if (cut !== "waits") this.#here.delete(key);
  }

  async #handle({ delivery, cutoff }: Here): Promise<void> {
    const address = Names.addressIn(delivery.subject);
    const { answering } = this.#parts;
    const letter = readOr(delivery, this.#parts.names, (cause) => engineError("the job can't be read", cause));
    if (letter instanceof ClusterError) {
      return await answering.answer(delivery, "failed", write(writeFailure(letter)), null);
    }
    const looking = this.#looking.for(delivery, address, letter);
    const { before, losses } = looking ? await looking : UNKNOWN;
    if (this.#parts.withdrawn.has(keyOf(delivery))) {
      delivery.ack();
      return await this.#drop(address, letter);
    }
    if (before) {
      answering.kept(address);
      delivery.ack();
      // The host that set it aside may have been lost before it could say that it had.
      return isPoison(before) ? undefined : await this.#drop(address, letter);
    }
    const run = answering.begin(address, keyOf(delivery), letter);
    await this.#serve({ delivery, letter, losses, run, cutoff });
  }

  async #serve(given: Given): Promise<void> {
    const { delivery, letter, run } = given;
    const ended = await this.#end(given).finally(() => this.#parts.answering.end(run));
    if (run.startedAt > 0) this.#parts.tally.ended();
    if (ended.how === "lost") return;
    if (ended.how === "given back") return await this.#giveBack(delivery, ended.lost);
    if (ended.how === "withdrawn") delivery.ack();
    else await this.#answer(delivery, ended, run);
    // What is set aside is kept whole.
    if (ended.how !== "poisoned") await this.#drop(run.address, letter);
  }

  /** The slot is another job's meanwhile. */
  async #answer(
    delivery: Delivery,
    { status, written }: Pick<Answered, "status" | "written">,
    run: Run,
  ): Promise<void> {
    const { answering, tally, freed } = this.#parts;
    const ran = run.startedAt > 0 ? performance.now() - run.startedAt : 0;
    this.#answering++;
    freed();
    try {
      await answering.answer(delivery, status, written, run);
    } finally {
      this.#answering--;
    }
    tally.answered(status === "value", ran);
  }

  /** Nobody needs a job's arguments any more. */
  async #drop(address: string, { args }: JobLetter): Promise<void> {
    const { broker, bulk } = this.#parts;
    await bulk.drop(broker, ownerOf(address), args);
  }

  async #end(given: Given): Promise<Ended> {
    const { delivery, letter, losses } = given;
    const { queue, version, maxDeliveries, broker, names } = this.#parts;
    if (version !== null && letter.version !== null && version !== letter.version) {
      return failed(skew(queue, version, letter.version));
    }
    if (delivery.count <= maxDeliveries) return await this.#run(given, delivery.count === maxDeliveries);
    if (losses < maxDeliveries) return await this.#run(given, losses + 1 === maxDeliveries);
    const { status, written } = failed(await poisoned(broker, names, delivery, letter.id, losses));
    return { how: "poisoned", status, written };
  }

  async #giveBack(delivery: Delivery, lost: boolean): Promise<void> {
    if (!lost) return await this.#parts.givingBack.giveBack(delivery);
    this.#parts.unfit();
    delivery.giveBack(LATER);
  }

  /** What was taken ahead is not to wait behind a long job while another host is free. */
  #watch(): void {
    const { clock, cluster } = this.#parts;
    if (this.#timer) return;
    this.#timer = clock.schedule(WAITS / 2, () => {
      this.#timer = null;
      const runs = [...this.#parts.answering.runs];
      for (const { key } of this.#patience.spent(runs, performance.now())) this.#cut(key, "waits");
      if (this.#held.size > cluster.slots) this.#watch();
    });
  }

  /** @param last Whether no other host will have it. */
  async #run({ letter, run, cutoff }: Given, last: boolean): Promise<Ended> {
    const { cluster, answering, isLeaving } = this.#parts;
    try {
      const args = await this.#args(run.address, letter);
      if (args === null) return { how: "given back", lost: false };
      const options = {
        id: run.id,
        task: letter.task ?? undefined,
        timeout: letter.timeout,
        trace: letter.trace ?? undefined,
        onProgress: letter.wants.progress ? (value: unknown) => answering.progress(run, value) : undefined,
      };
      return answered(await cutoff.run((done) => submitApart(cluster, read(args), options, done)));
    } catch (error) {
      if (error instanceof CutShort) return cutOff(error.cut);
      if (isOwnFault(error) && OURS.has(error.code)) return { how: "given back", lost: false };
      if (isTerminated(error) && isLeaving()) return { how: "given back", lost: false };
      if (!isOwnFault(error) || error.code !== "CC_ERR_WORKER_START") return thrown(error);
      // Another host may have better luck with the module; not for ever. The cluster has told of it itself.
      return last ? failed(error) : { how: "given back", lost: true };
    }
  }

  /** Null if they can't be had now. */
  async #args(address: string, { args: { encoding, bytes, object } }: JobLetter): Promise<Written | null> {
    const { bulk, broker } = this.#parts;
    if (object === null) return { encoding, bytes };
    try {
      return { encoding, bytes: await bulk.fetch(broker, ownerOf(address), object) };
    } catch (error) {
      if (isLasting(error)) throw engineError("the arguments can't be read", error);
      return null;
    }
  }
}

function keyOf({ subject, id }: Delivery): string {
  return `${Names.addressIn(subject)} ${id}`;
}

function readOr(
  { subject, headers, bytes }: Delivery,
  names: Names,
  error: (cause: unknown) => ClusterError,
): JobLetter | ClusterError {
  try {
    // The broker was asked for a message, and told to send it here: it was no submitter. Jobs that were set aside may come back so.
    const from = headers?.get("Nats-Subject") ?? "";
    if (from !== "" && from !== names.deadJob(Names.addressIn(subject))) throw new TypeError(`it comes from ${from}`);
    return readJob(headers, bytes);
  } catch (cause) {
    return error(cause);
  }
}
