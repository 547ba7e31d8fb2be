// The server that leads a queue, as one that does one thing after the other; each message takes it the same time.
import { Line } from "./line.mjs";

/**
 * Messages of a job that is asked for alone: enqueued and confirmed (2), asked for (1), given (1), its answer kept and confirmed (2), told,
 * which is one in and one out (2), and that it is done (1).
 */
export const MESSAGES = 9;

/** How many questions it leaves open: `max_waiting` of a queue's consumer. */
export const MOST_QUESTIONS = 4096;

/** Its codes for nothing, and for a question that it can't leave open. */
export const NOTHING = 404;
const REFUSED = 409;

/** After how long a job comes again that nobody took, in milliseconds: the lease. */
const LEASE = 15_000;

export class SimulatedServer {
  /** How long it has worked, in milliseconds. */
  worked = 0;
  /** The most questions that were open at once. */
  mostOpen = 0;
  #time;
  #message;
  #hop;
  #commit;
  #freeAt = 0;
  #waiting = new Line();
  #questions = new Line();
  #open = 0;

  /**
   * @param {import("./time.mjs").Time} time
   * @param {{ message: number, roundTrip: number, commit: number }} costs In milliseconds: what a message takes it; to it and back; and
   *   until others have a message too, before it is accepted.
   */
  constructor(time, { message, roundTrip, commit }) {
    this.#time = time;
    this.#message = message;
    this.#hop = roundTrip / 2;
    this.#commit = commit;
  }

  /** A submitter sends a job. */
  enqueue(job) {
    this.#receive(2, () => this.#time.schedule(this.#commit, () => this.#put(job)));
  }

  /** A host asks for jobs of a level: all are of the usual one. What comes of it is told: a job, or null and a code for the end. */
  ask({ level, batch, now, expires }, tell) {
    this.#receive(1, () => {
      if (level !== "normal") return this.#send(1, () => tell(null));
      const question = { left: batch, tell, isOpen: true };
      while (question.left > 0 && this.#waiting.length > 0) this.#give(question, this.#waiting.shift());
      if (question.left === 0) return;
      if (now) return this.#send(1, () => tell(null));
      if (this.#open >= MOST_QUESTIONS) return this.#send(1, () => tell(null, REFUSED));
      this.#questions.push(question);
      this.#open++;
      this.mostOpen = Math.max(this.mostOpen, this.#open);
      this.#time.schedule(expires, () => {
        if (!question.isOpen) return;
        this.#close(question);
        this.#send(1, () => tell(null));
      });
    });
  }

  /** A host has an answer; `kept` is told it, `told` whoever waits. */
  answer(kept, told) {
    this.#receive(2, () =>
      this.#time.schedule(this.#commit + this.#hop, () => {
        kept();
        this.#receive(3, () => this.#time.schedule(this.#hop, told));
      }));
  }

  /** A host has no room for it. */
  giveBack(job) {
    this.#receive(1, () => this.#put(job));
  }

  /** Nobody was there any more to take it. */
  lose(job) {
    this.#time.schedule(LEASE, () => this.#put(job));
  }

  #put(job) {
    let question = this.#questions.shift();
    while (question && !question.isOpen) question = this.#questions.shift();
    if (!question) return this.#waiting.push(job);
    this.#give(question, job);
    // Behind the others.
    if (question.left > 0) this.#questions.push(question);
    else this.#close(question);
  }

  #close(question) {
    question.isOpen = false;
    this.#open--;
  }

  #give(question, job) {
    question.left--;
    this.#send(1, () => question.tell(job));
  }

  /** Something is on its way to it; then it has so many messages to do with it. */
  #receive(messages, done) {
    this.#time.schedule(this.#hop, () => this.#work(messages, done));
  }

  /** Has so many messages to send; then they are on their way. */
  #send(messages, arrived) {
    this.#work(messages, () => this.#time.schedule(this.#hop, arrived));
  }

  #work(messages, done) {
    const takes = messages * this.#message;
    const now = this.#time.now();
    this.#freeAt = Math.max(now, this.#freeAt) + takes;
    this.worked += takes;
    this.#time.schedule(this.#freeAt - now, done);
  }
}
