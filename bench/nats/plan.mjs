// How many queues so many hosts need, and what their servers have to do: out of the costs that were measured, by simulation.
import { simulate } from "./simulation.mjs";
import { MESSAGES, MOST_QUESTIONS } from "./simulation/server.mjs";

/** Between machines of one place, in milliseconds. */
export const ROUND_TRIP = 0.5;

/** How much of the slots' time is to be used while jobs wait. */
export const ENOUGH = 0.95;

/** How much longer the servers may take for it: with one of three lost, the others have half as much again to do. */
export const RESERVE = 1.5;

/** Of what the slots can do, for how long jobs wait while not all slots are busy. */
export const LOAD = 0.8;

/** Where more queues than this make it no better, they are not what is missing: the part of a server's time that is used then. */
const IDLE_ENOUGH = 0.25;

/** By how much lengths differ. */
const VARY = 0.5;

/** No simulation has more jobs. */
const MOST_JOBS = 60_000;

/**
 * @typedef {object} Costs
 * @property {number} job Of the server that leads a queue, in milliseconds for a job.
 * @property {number} idle In milliseconds a second for a host.
 * @property {number} held In milliseconds a second for a job that runs.
 * @property {number} commit Until other servers have a message too, in milliseconds.
 *
 * @typedef {{ hosts: number, slots: number, length: number }} Place
 *
 * @param {Place} place
 * @param {Costs} costs
 * @param {any} library
 */
export function plan(place, costs, library) {
  const { hosts, slots, length } = place;
  const perSecond = hosts * slots / length * 1000;
  const cores = coresOf(place, costs);
  // A host can't be divided.
  const atMost = (queues) => Math.min(hosts, Math.ceil(queues));
  let queues = atMost(Math.max(1, hosts * slots / MOST_QUESTIONS, cores));
  while (queues < hosts && !isEnough(place, costs, queues, library)) queues = atMost(queues * 1.05 + 0.01);
  const { wait, busy } = share(place, costs, queues, library);
  const quiet = share(place, costs, queues, library, { part: LOAD });
  return {
    ...place,
    perSecond,
    queues,
    leader: cores / queues,
    busy,
    wait: quiet.wait ?? wait,
    mostOpen: quiet.mostOpen,
  };
}

/** What the servers that lead the queues have to do all the time, in cores. @param {Place} place @param {Costs} costs */
export function coresOf({ hosts, slots, length }, { job, idle, held }) {
  return (hosts * slots / length * 1000 * job + hosts * idle + hosts * slots * held) / 1000;
}

function isEnough(place, costs, queues, library) {
  if (coresOf(place, costs) / queues < IDLE_ENOUGH) return true;
  return share(place, costs, queues, library, { slower: RESERVE }).busy >= ENOUGH;
}

/**
 * One queue's share, simulated: with always more jobs than slots, or with `part` of what the slots can do.
 *
 * @param {Place} place
 * @param {Costs} costs
 * @param {number} queues
 * @param {any} library
 */
export function share(
  { hosts, slots, length },
  costs,
  queues,
  library,
  { slower = 1, part = null, roundTrip = ROUND_TRIP } = {},
) {
  const own = Math.ceil(hosts / queues);
  const all = own * slots;
  // What hosts cost beside their jobs is time that the server has not for them.
  const rest = Math.max(0.01, 1 - slower * (own * costs.idle + all * costs.held) / 1000);
  return simulate({
    hosts: own,
    slots,
    length,
    vary: VARY,
    load: part === null ? { window: 2 * all } : { perSecond: all / length * 1000 * part },
    jobs: Math.min(MOST_JOBS, Math.max(4_000, 6 * all)),
    message: slower * costs.job / MESSAGES / rest,
    roundTrip,
    commit: costs.commit,
  }, library);
}
