/**
 * What workers say, and whom it concerns.
 *
 * @module
 */

import type { Broadcasts } from "./broadcasts.ts";
import type { Clock } from "./clock.ts";
import type { Crew } from "./crew.ts";
import type { Observer } from "./engine.ts";
import {
  type Answer,
  readAbortHeard,
  readAnswers,
  readMemory,
  readProgress,
  readRecalled,
  readReplaying,
  readStrays,
  readUnreplayed,
  readYielded,
} from "./frame.ts";
import type { GivingUp } from "./giving-up.ts";
import type { Job } from "./job.ts";
import type { Ledger } from "./ledger.ts";
import * as loss from "./loss.ts";
import type { Outbox } from "./outbox.ts";
import type { Service } from "./service.ts";
import type { Streams } from "./streams.ts";
import type { Worker } from "./worker.ts";

/** Whom hearing passes on to what workers say. */
export interface HearingParts {
  readonly clock: Clock;
  readonly crew: Crew;
  readonly service: Service;
  readonly givingUp: GivingUp;
  readonly streams: Streams;
  readonly broadcasts: Broadcasts;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly observer: Observer;
  /** Makes the error out of what a worker sent for one. */
  decodeError(encoded: unknown): unknown;
}

/** Reads the frames of workers. */
export class Hearing {
  readonly #parts: HearingParts;

  constructor(parts: HearingParts) {
    this.#parts = parts;
  }

  /** A worker has sent a frame. What is none that is known says nothing. */
  said(worker: Worker, frame: unknown): void {
    const { service, givingUp, streams, ledger } = this.#parts;
    // First: they are what workers say most.
    const answers = readAnswers(frame);
    if (answers) return this.#answered(worker, answers, readMemory(frame));
    const heard = readAbortHeard(frame);
    if (heard) return givingUp.heard(worker, worker.job(heard.job), heard.heeds);
    if (readRecalled(frame)) return service.takingBack.recalled(worker);
    const progress = readProgress(frame);
    if (progress) return this.#progressed(worker.job(progress.job), progress.value);
    const yielded = readYielded(frame);
    if (yielded) return streams.yielded(worker.job(yielded.job), yielded.value);
    const unreplayed = readUnreplayed(frame);
    if (unreplayed) return this.unreplayed(worker, unreplayed.number, this.#parts.decodeError(unreplayed.error));
    const replaying = readReplaying(frame);
    if (replaying !== null) return void (worker.replaying = replaying);
    ledger.lost.messages += readStrays(frame);
  }

  #answered(worker: Worker, answers: readonly Answer[], memory: number | null): void {
    const { crew, clock, service } = this.#parts;
    if (memory !== null) crew.measured(worker, memory);
    worker.heardAt = clock.now();
    service.answers(worker, answers);
  }

  /** It may stand ahead: that it has begun is known by answers only. */
  #progressed(job: Job | null, value: unknown): void {
    if (job?.state.at !== "running" && job?.state.at !== "ahead") return;
    const { onProgress } = job.request;
    if (onProgress) this.#parts.outbox.push(() => onProgress(value));
  }

  /** A new worker goes on without what it was to replay: it could serve no job otherwise, nor could any other. */
  unreplayed({ port }: Worker, number: number, cause: unknown): void {
    const { broadcasts, outbox, observer } = this.#parts;
    if (!broadcasts.drop(number)) return;
    const told = loss.unreplayed(port, cause);
    outbox.push(() => observer.warn(told));
  }
}
