// A host that pulls as hosts do, by their own code, and whose jobs only take time.
import { Line } from "./line.mjs";
import { NOTHING } from "./server.mjs";

const names = {
  jobs: "jobs",
  consumer: (level) => level,
  hint: (level) => `hint.${level}`,
};

export class SimulatedHost {
  #server;
  #time;
  #slots;
  #depth;
  #roomFor;
  #events;
  #inboxes = new Map();
  #lastInbox = 0;
  #held = 0;
  #running = 0;
  #answering = 0;
  #local = new Line();
  #pulling;

  /**
   * @param {any} library What hosts pull by, of src/nats/pulling.ts and src/nats/room.ts.
   * @param {{ time: any, server: any, slots: number, length: number }} parts `length`: of a job, as the host knows it.
   * @param {{ started(job: any): void, ran(): void, answered(job: any): void }} events
   */
  constructor({ Pulling, depthFor, roomFor }, { time, server, slots, length }, events) {
    this.#time = time;
    this.#server = server;
    this.#slots = slots;
    this.#depth = depthFor(length);
    this.#roomFor = roomFor;
    this.#events = events;
    this.#pulling = new Pulling({
      broker: {
        inbox: () => `inbox.${++this.#lastInbox}`,
        connection: {
          subscribe: (subject, { callback }) => {
            this.#inboxes.set(subject, callback);
            return { unsubscribe: () => this.#inboxes.delete(subject) };
          },
          publish: (subject, body, { reply }) => this.#ask(subject, JSON.parse(body), reply),
        },
      },
      names,
      clock: time,
      lease: () => 15_000,
      room: () => this.#room(),
      got: (delivery) => this.#got(delivery.bytes),
      lost: (then) => then(),
    });
    this.#pulling.pump(true);
  }

  #room() {
    const load = { slots: this.#slots, held: this.#held, answering: this.#answering, blocked: 0 };
    return this.#roomFor(load, this.#depth);
  }

  #ask(subject, { batch, no_wait: now = false, expires = 0 }, reply) {
    const level = subject.split(".").at(-1);
    this.#server.ask({ level, batch, now, expires: expires / 1_000_000 }, (job, code) => this.#told(reply, job, code));
  }

  #told(reply, job, code = NOTHING) {
    const inbox = this.#inboxes.get(reply);
    if (!inbox) return job && this.#server.lose(job);
    inbox(null, job ? message(job) : { headers: { code } });
  }

  #got(job) {
    const { free, ahead } = this.#room();
    if (free + ahead <= 0) return this.#server.giveBack(job);
    this.#held++;
    if (this.#running < this.#slots) this.#run(job);
    else this.#local.push(job);
  }

  #run(job) {
    this.#running++;
    this.#events.started(job);
    this.#time.schedule(job.length, () => {
      this.#events.ran();
      this.#running--;
      this.#answering++;
      const next = this.#local.shift();
      if (next) this.#run(next);
      this.#pulling.pump(true);
      this.#server.answer(() => this.#kept(), () => this.#events.answered(job));
    });
  }

  #kept() {
    this.#answering--;
    this.#held--;
    this.#pulling.pump(this.#held > 0);
  }
}

function message(job) {
  return { subject: "job", data: job, reply: "$JS.ACK.s.c.1.1.1.1.0" };
}
