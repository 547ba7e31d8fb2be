/**
 * Takes jobs from a queue: no more than there is room for, those of the high level first.
 *
 * What waits is asked for at once, level by level; when nothing does, the usual level is left open until something comes. The others are
 * asked only for some time after somebody has hinted at a job of theirs, so that most jobs cost one question.
 *
 * @module
 */

import type { Msg, Subscription } from "@nats-io/transport-node";
import { Chain, type Link } from "../core/chain.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { Delivery } from "./delivery.ts";
import { headersOf } from "./letters.ts";
import type { Broker } from "./link.ts";
import { type Level, LEVELS, type Names } from "./names.ts";
import type { Room } from "./room.ts";

/** The levels that most jobs don't have. */
const UNUSUAL = ["high", "low"] as const;

/**
 * How long a question stays open at most, in milliseconds. Longer than it a host's idea of how much room there is may be old. Nor for more
 * than half a lease: what a host that stands still has lost would come to its own questions.
 */
const OPEN = 5_000;

/** The broker's codes for nothing: none is there, or none came within the time. */
const NOTHING: ReadonlySet<number> = new Set([404, 408]);

/** How long it is not asked again that has refused a question, in milliseconds. */
const REFUSED = 500;

/** Its code where nobody is there to be asked, and what it says to those who have asked before. */
const NOBODY = 503;
const DELETED = /consumer deleted/i;

/** How much later than that nothing comes of it any more, in milliseconds. */
const OVERDUE = 5_000;

/** For how long at least a level is asked for after a hint, or a job, and how often without one, in milliseconds: hints may be lost. */
const HINTED = 60_000;
const UNHINTED = 30_000;

/** So often the low level comes first, lest it wait for ever: once in so many times. */
const TURN_ABOUT = 16;

/**
 * Where answers come, one question's at a time: of what comes the subject is a job's, not the question's. It is there for another when
 * nothing more can come of the last.
 */
interface Line {
  readonly inbox: string;
  readonly subscription: Subscription;
  question: Question | null;
}

/** A question that was put. */
interface Question extends Link<Question> {
  readonly level: Level;
  /** Whether nothing more can come of it. */
  over: boolean;
  /** How many more jobs may come of it. */
  left: number;
  timer: Timer;
  readonly line: Line;
  /** Of the room that there was. */
  readonly depth: number;
  /** Whether it was only whether there are any now. */
  readonly now: boolean;
}

/** What pulling is given to work with, and whom it tells. */
export interface PullingParts {
  readonly broker: Broker;
  readonly names: Names;
  readonly clock: Clock;
  /** How long a host may be silent, in milliseconds. */
  lease(): number;
  /** How many more jobs may be taken, those that are asked for included. */
  room(): Room;
  /** A job has come. `depth`: of the room that it was asked for. */
  got(delivery: Delivery, depth: number): void;
  /** The queue may not be there any more, or a level of it. Calls back when it is to be asked again. */
  lost(then: () => void): void;
}

/** Asks for the jobs of one queue. */
export class Pulling {
  readonly #parts: PullingParts;
  readonly #subscriptions: Subscription[];
  readonly #questions = new Chain<Question>();
  /** Those that are free. */
  readonly #lines: Line[] = [];
  /** The unusual levels that may have jobs, and when that was last known. They stay until one is found empty long after. */
  readonly #hinted = new Map<Level, number>();
  /** The levels that are still to be asked for this time, and for how many jobs. */
  #round: { readonly levels: Level[] } | null = null;
  #rounds = 0;
  #probe: Timer | null = null;
  #state: "asking" | "interrupted" | "stopped" = "asking";

  constructor(parts: PullingParts) {
    this.#parts = parts;
    const { broker: { connection }, names } = parts;
    const hinted = (error: Error | null, message: Msg): void =>
      error ? undefined : this.#hint(message.subject.split(".").at(-1) as Level);
    this.#subscriptions = UNUSUAL.map((level) => connection.subscribe(names.hint(level), { callback: hinted }));
    this.#lookAtAll();
  }

  /**
   * There may be room.
   *
   * @param busy Whether more may well be waiting, since the host has jobs.
   */
  pump(busy: boolean): void {
    if (this.#state !== "asking" || this.#round) return;
    const levels = this.#levels();
    if (levels.length > 1 || busy) this.#round = { levels };
    this.#goOn();
  }

  /** There is no connection. What is asked now would be sent with the next, before it is known which jobs are withdrawn. */
  interrupted(): void {
    if (this.#state === "asking") this.#state = "interrupted";
  }

  /** There is a connection again: what was asked is forgotten at the other end. */
  again(): void {
    if (this.#state === "interrupted") this.#state = "asking";
    this.#forgetQuestions();
    this.#round = null;
    this.#lookAtAll();
  }

  /** Nothing more is asked for, and what was asked is taken back. What is on its way still comes: otherwise its lease would have to run out. */
  stop(): void {
    this.#state = "stopped";
    this.#probe?.cancel();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    for (const { line } of this.#questions) line.subscription.drain().catch(() => {});
    for (const { subscription } of this.#lines.splice(0)) subscription.unsubscribe();
  }

  /** What still comes is not wanted. */
  end(): void {
    this.stop();
    this.#forgetQuestions();
  }

  #forgetQuestions(): void {
    for (const question of this.#questions) this.#forget(question);
  }

  /** What still comes of it finds nobody. */
  #forget(question: Question): void {
    this.#over(question).subscription.unsubscribe();
  }

  /** Its line is free, then. */
  #over(question: Question): Line {
    const { line } = question;
    question.timer.cancel();
    this.#questions.remove(question);
    question.over = true;
    line.question = null;
    return line;
  }

  /** Which levels may have jobs, in their order. */
  #levels(): Level[] {
    const levels = LEVELS.filter((level) => level === "normal" || this.#hinted.has(level));
    return levels.length > 1 && ++this.#rounds % TURN_ABOUT === 0 ? levels.reverse() : levels;
  }

  #hint(level: Level): void {
    this.#hinted.set(level, this.#parts.clock.now());
    this.#askOnce(level);
  }

  /** The usual level may be open for all the room that there is; what comes beside is given back, if there is none then. */
  #askOnce(level: Level): void {
    const room = this.#parts.room();
    if (this.#state === "asking" && room.free > 0) this.#ask(level, room.free, room, true);
  }

  #lookAtAll(): void {
    this.#probe?.cancel();
    if (this.#state === "stopped") return;
    this.#probe = this.#parts.clock.schedule(UNHINTED, () => this.#lookAtAll());
    for (const level of UNUSUAL) this.#askOnce(level);
  }

  /** Asks for the next level of the round; after the last the usual one is left open. */
  #goOn(): void {
    const room = this.#parts.room();
    for (let level = this.#round?.levels.shift(); level; level = this.#round?.levels.shift()) {
      const more = this.#wanted(level, room);
      if (more > 0 && isWorthIt(more, room)) return this.#ask(level, more, room, true);
    }
    this.#round = null;
    this.#leaveOpen(room);
  }

  /**
   * How many more of a level there is room for. The usual one may have been left open for all of it: of another level as many are asked
   * for all the same, since they may be there now. What is too much then is given back.
   */
  #wanted(level: Level, { free, ahead }: Room): number {
    let asked = 0;
    for (const question of this.#questions) if (question.now || level === "normal") asked += question.left;
    return free + ahead - asked;
  }

  #leaveOpen(room: Room): void {
    let more = room.free;
    for (const { left } of this.#questions) more -= left;
    if (more > 0) this.#ask("normal", more, room, false);
  }

  #ask(level: Level, batch: number, { depth }: Room, now: boolean): void {
    const { broker: { connection }, names, clock } = this.#parts;
    const open = Math.min(OPEN, this.#parts.lease() / 2);
    const line = this.#lines.pop() ?? this.#newLine();
    const question: Question = {
      before: null,
      after: null,
      level,
      over: false,
      left: batch,
      now,
      timer: clock.schedule(now ? OVERDUE : open + OVERDUE, () => this.#overdue(question)),
      line,
      depth,
    };
    line.question = question;
    this.#questions.push(question);
    const wanted = now ? { batch, no_wait: true } : { batch, expires: Math.round(open * 1_000_000) };
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${names.jobs}.${names.consumer(level)}`;
    connection.publish(subject, JSON.stringify(wanted), { reply: line.inbox });
  }

  #newLine(): Line {
    const { broker } = this.#parts;
    const inbox = broker.inbox();
    const callback = (error: Error | null, message: Msg): void => error ? undefined : this.#answered(line, message);
    const line: Line = { inbox, subscription: broker.connection.subscribe(inbox, { callback }), question: null };
    return line;
  }

  #answered({ question }: Line, message: Msg): void {
    // Whoever has put it has taken it back, or nobody has.
    if (!question) return;
    // A message of the broker's own has a code and no body.
    const headers = headersOf(message);
    const { code = 0, description = "" } = headers ?? {};
    if (NOTHING.has(code)) return this.#ended(question);
    if (code > 0) return this.#refused(question, code === NOBODY || DELETED.test(description));
    const delivery = Delivery.of(message, headers, this.#parts.broker.connection);
    // Of nobody that was asked.
    if (!delivery) return;
    const last = --question.left === 0;
    if (question.level !== "normal") this.#hinted.set(question.level, this.#parts.clock.now());
    this.#parts.got(delivery, question.depth);
    if (last) this.#ended(question);
  }

  /**
   * The broker has as many questions as it takes, changes its leader, or has lost the queue. Until it is asked again nothing may come.
   *
   * @param lost Whether it may have lost it. What was deleted may yet be about to go: it is not made anew at once.
   */
  #refused(question: Question, lost: boolean): void {
    question.timer.cancel();
    question.timer = this.#parts.clock.schedule(REFUSED, () => {
      if (!lost) return this.#ended(question);
      this.#parts.lost(() => this.#ended(question));
    });
  }

  /**
   * What may still come of it is not to be taken for another's. A broker before 2.10 says nothing where nobody is there to be asked: the
   * queue may be lost.
   */
  #overdue(question: Question): void {
    this.#forget(question);
    this.#parts.lost(() => this.#goOnAfter(question));
  }

  /** Nothing more comes of it. */
  #ended(question: Question): void {
    if (question.over) return;
    const line = this.#over(question);
    if (this.#state !== "stopped") this.#lines.push(line);
    else line.subscription.unsubscribe();
    this.#goOnAfter(question);
  }

  #goOnAfter({ level, left, now }: Question): void {
    if (this.#state !== "asking") return;
    if (left > 0 && (this.#hinted.get(level) ?? Infinity) + HINTED < this.#parts.clock.now()) {
      this.#hinted.delete(level);
    }
    if (!now || !this.#round) return this.pump(false);
    if (left > 0) return this.#goOn();
    // More of this level may be waiting: the next is not to overtake it, though there is more room by now.
    this.#round = null;
    const { free, ahead } = this.#parts.room();
    if (free + ahead > 0) this.pump(true);
  }
}

function isWorthIt(more: number, { free, least }: Room): boolean {
  return free > 0 || more >= least;
}
