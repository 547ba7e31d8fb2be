/**
 * What streams, subjects and jobs are called at the broker. Other versions of this library may be at the other end: a change here is
 * a change of the protocol.
 *
 * A job's **address** is its owner, a space, and its name there: `owner.space.name`. Jobs that their callers have named share the space
 * `id` of their owner, so that the same name is the same job, whoever enqueues it; all others are in a space of the program that
 * enqueued them.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** What comes before all names. */
const ROOT = "cc";

/** The space of jobs that their callers have named. */
const NAMED = "id";

/** Where a job stands among those that wait: each has a line of its own, and hosts look at the higher one first. */
export type Level = "high" | "normal" | "low";

/** All of them, in that order. */
export const LEVELS: readonly Level[] = ["high", "normal", "low"];

/** The level of a priority; the broker has no more than three. */
export function levelOf(priority: number): Level {
  if (priority === 0) return "normal";
  return priority > 0 ? "high" : "low";
}

/** What subjects and streams may have in their names. */
export const WORD: RegExp = /^[A-Za-z0-9_-]{1,64}$/;

/** An owner's name has no `_`: it would not be clear which bucket is whose. */
export const OWNER: RegExp = /^[A-Za-z0-9-]{1,64}$/;

/** The longest address in characters: the broker ends the connection of whoever sends a subject that is much longer. */
export const LONGEST = 1_500;

/** What hosts are told, where they are asked how they are, when their queue has another lease. */
export const LEASE = "lease";

/** The names of one queue. */
export class Names {
  /** The stream of jobs that wait or run. */
  readonly jobs: string;
  /** The stream of answers. */
  readonly answers: string;
  /** The stream of jobs that were given up. */
  readonly dead: string;
  /** The stream of how often hosts have given jobs back. */
  readonly returns: string;
  readonly #queue: string;

  constructor(queue: string) {
    this.#queue = queue;
    this.jobs = `CC_JOBS_${queue}`;
    this.answers = `CC_ANSWERS_${queue}`;
    this.dead = `CC_DEAD_${queue}`;
    this.returns = `CC_RETURNS_${queue}`;
  }

  /** The consumer of one level, shared by all hosts. */
  consumer(level: Level): string {
    return `CC_${level}`;
  }

  /** What the subjects of replies to an owner's programs begin with: nobody else is to have the right to hear them. */
  static inbox(owner: string): string {
    return `_INBOX_${owner}`;
  }

  /** The bucket of what is too large for messages. */
  bucket(owner: string): string {
    return `CC_${this.#queue}_${owner}`;
  }

  /** Whether a stream is one of the queue's buckets. No owner has an underscore in its name. */
  isBucket(stream: string): boolean {
    const start = `OBJ_${this.bucket("")}`;
    return stream.startsWith(start) && !stream.slice(start.length).includes("_");
  }

  /** All jobs, or those of a level. */
  jobsAt(level: Level | "*"): string {
    return `${ROOT}.job.${this.#queue}.${level}.>`;
  }

  job(level: Level, address: string): string {
    return `${ROOT}.job.${this.#queue}.${level}.${address}`;
  }

  /** Where a job's answer is kept; `>` for all. */
  answer(address: string): string {
    return `${ROOT}.ans.${this.#queue}.${address}`;
  }

  /** Where whoever waits for a job is told of it as it happens; `owner.space.*` for all of a space. */
  live(address: string): string {
    return `${ROOT}.live.${this.#queue}.${address}`;
  }

  /** Where hosts are told that nobody wants a job any more. */
  abort(owner: string): string {
    return `${ROOT}.abort.${this.#queue}.${owner}`;
  }

  /** Where hosts are told of jobs of an unusual level. */
  hint(level: Level): string {
    return `${ROOT}.hint.${this.#queue}.${level}`;
  }

  /** Where a host tells how it is; `*` for all. */
  host(host: string): string {
    return `${ROOT}.host.${this.#queue}.${host}`;
  }

  /** Where hosts are asked to tell it now. */
  get roll(): string {
    return `${ROOT}.roll.${this.#queue}`;
  }

  /** Where a job goes that was given up; `>` for all. */
  deadJob(address: string): string {
    return `${ROOT}.dead.${this.#queue}.${address}`;
  }

  /** Where it is kept how often a job was given back; `>` for all. */
  returned(job: string): string {
    return `${ROOT}.ret.${this.#queue}.${job}`;
  }

  /** The address in a job's subject. */
  static addressIn(subject: string): string {
    return subject.split(".").slice(4).join(".");
  }
}

/** The address of a job that its caller has named. Names of different tasks are different. */
export function namedAddress(owner: string, task: string | null, id: string): string {
  return `${owner}.${NAMED}.${token(task === null ? id : `${task}\0${id}`)}`;
}

/** Whether a job was named by its caller. */
export function isNamed(address: string): boolean {
  return address.split(".")[1] === NAMED;
}

/** A name that is nobody else's, and can't be guessed. */
export function freshName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
}

/** Whose a job is. */
export function ownerOf(address: string): string {
  return address.split(".")[0] as string;
}

/** Any text as part of a subject: itself where that is possible, behind a letter that says so. */
function token(text: string): string {
  // As JSON: whatever is no text in UTF-8 stays different.
  return WORD.test(text) ? `n${text}` : `x${Buffer.from(JSON.stringify(text)).toString("base64url")}`;
}
