// What can't be measured on one machine: hosts of a queue, simulated. The server that leads the queue does one message after the other, as
// long as was measured; between machines there is a round trip; hosts pull by the library's own code.
import { quantile } from "./series.mjs";
import { SimulatedHost } from "./simulation/host.mjs";
import { SimulatedServer } from "./simulation/server.mjs";
import { Time } from "./simulation/time.mjs";
import { pseudoRandom } from "../speed/statistics.mjs";

/** How much of the jobs is left out at first: until everything is as it stays. */
const SETTLING = 0.25;

/**
 * @typedef {object} Simulated
 * @property {number} hosts
 * @property {number} slots Of each.
 * @property {number} length Of a job, in milliseconds, on average.
 * @property {number} vary By which part of that it may be shorter or longer, each length as likely: 0 to 1.
 * @property {{ perSecond: number } | { window: number }} load Jobs a second, at any time as likely; or as many at once, always.
 * @property {number} jobs How many in all.
 * @property {number} message What a message takes the server, in milliseconds.
 * @property {number} roundTrip Between machines, in milliseconds.
 * @property {number} [commit] Until other servers have a message too, in milliseconds.
 * @property {number} [seed]
 *
 * @param {Simulated} setting
 * @param {any} library What hosts pull by, of src/nats/pulling.ts and src/nats/room.ts.
 */
export function simulate(setting, library) {
  const { hosts, slots, length, vary, load, jobs, message, roundTrip, commit = 0, seed = 1 } = setting;
  const random = pseudoRandom(seed);
  const time = new Time();
  const server = new SimulatedServer(time, { message, roundTrip, commit });
  const waits = [];
  let [enqueued, answered, again, running, used, usedAt] = [0, 0, 0, 0, 0, 0];
  let [first, last] = [null, null];

  const use = (more) => {
    used += running * (time.now() - usedAt);
    usedAt = time.now();
    running += more;
  };
  const account = () => {
    use(0);
    return { at: time.now(), used, worked: server.worked, answered };
  };
  const enqueue = () => {
    if (enqueued === jobs) return;
    const job = { length: length * (1 + vary * (2 * random() - 1)), at: time.now(), answers: 0 };
    if (++enqueued === jobs) last = account();
    server.enqueue(job);
  };
  const events = {
    started(job) {
      use(1);
      if (first && !last) waits.push(time.now() - job.at);
    },
    ran: () => use(-1),
    answered(job) {
      if (++job.answers > 1) return void again++;
      if (++answered >= jobs * SETTLING) first ??= account();
      if ("window" in load) enqueue();
    },
  };
  const all = Array.from({ length: hosts }, () => new SimulatedHost(library, { time, server, slots, length }, events));

  if ("window" in load) {
    // Not all at once: they would end together, for ever.
    for (let i = 0; i < load.window; i++) time.schedule(length * i / load.window, enqueue);
  } else {
    const next = () => {
      enqueue();
      if (enqueued < jobs) time.schedule(-Math.log(1 - random()) / load.perSecond * 1000, next);
    };
    next();
  }
  for (let goesOn = true; goesOn;) goesOn = time.step() && answered < jobs;

  const took = first && last ? last.at - first.at : 0;
  return {
    enqueued,
    answered,
    /** Jobs that were answered more than once. */
    again,
    perSecond: (last.answered - first.answered) / took * 1000,
    /** The part of the slots' time in which they had a job. */
    busy: (last.used - first.used) / (took * all.length * slots),
    /** The part of its time in which the server worked, or would have to. */
    worked: (last.worked - first.worked) / took,
    wait: waits.length === 0 ? null : {
      mean: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
      p50: quantile(waits, 0.5),
      p99: quantile(waits, 0.99),
    },
    mostOpen: server.mostOpen,
  };
}
