// What more hosts need than can be measured here: out of the results, by simulation.
import { coresOf, plan, ROUND_TRIP, share } from "./plan.mjs";

/** Hosts that are planned for, each with so many slots, and how long their jobs take, in milliseconds. */
const HOSTS = [10, 100, 10_000];
const SLOTS = 8;
const LENGTHS = [50, 1_000, 60_000];

/** For what is shown queue by queue. */
const SHARDED = { hosts: 100, slots: SLOTS, length: 50 };

/** How many numbers of queues are shown at most. */
const MOST_ROWS = 6;

/** Hosts that are far from their server, by their round trip, in milliseconds. */
const ROUND_TRIPS = [0.5, 5, 50];
const FAR = { hosts: 4, slots: SLOTS };

/** @param {any} results @param {any} library @param {number[]} sizes Numbers of hosts. */
export function forecast(results, library, sizes = HOSTS) {
  const { one, three } = costsOf(results);
  const places = sizes.flatMap((hosts) => LENGTHS.map((length) => ({ hosts, slots: SLOTS, length })));
  const planned = (costs) =>
    places.map((place) => ({
      ...plan(place, costs, library),
      // All servers of it, not only the one that leads.
      cores: coresOf(place, { ...costs, job: costs.all }),
      bytes: place.hosts * SLOTS / place.length * 1000 * costs.bytes +
        place.hosts * costs.idleBytes + place.hosts * SLOTS * costs.heldBytes,
    }));
  const plans = planned(one);
  return {
    costs: { one, three },
    plans,
    replicated: planned(three),
    sharded: sharded(plans, one, library),
    far: ROUND_TRIPS.map((roundTrip) => ({
      roundTrip,
      busy: LENGTHS.map((length) => share({ ...FAR, length }, one, 1, library, { roundTrip }).busy),
    })),
  };
}

function sharded(plans, costs, library) {
  const { queues: most } = plans.find(({ hosts, length }) => hosts === SHARDED.hosts && length === SHARDED.length);
  const step = Math.ceil(most / MOST_ROWS);
  const rows = [];
  for (let queues = 1; queues < most + step; queues += step) {
    rows.push({ ...SHARDED, queues, busy: share(SHARDED, costs, queues, library).busy });
  }
  return rows;
}

/**
 * What a job, a host and a job that is held cost, with one copy of each message and with three. Of the places that were measured, the one
 * where a job costs most: with many connections less of it comes together.
 *
 * @param {any} results
 */
export function costsOf({ throughput, replicas, idleHosts, held }) {
  const wide = throughput.map(({ ours }) => ours.wide);
  const dearest = wide.reduce((a, b) => (b.cpu?.median ?? 0) > (a.cpu?.median ?? 0) ? b : a);
  const [few, many] = [idleHosts[0], idleHosts.at(-1)];
  const slope = (name) => Math.max(0, (many[name] - few[name]) / (many.hosts - few.hosts));
  const each = (name) => Math.max(0, (held[name] - few[name]) / held.held);
  const standing = { idle: slope("cpu"), held: each("cpu"), idleBytes: slope("bytes"), heldBytes: each("bytes") };
  const { three, one } = replicas;
  // Where the system does not tell, a server does what was done at most.
  const fallback = 1000 / Math.max(...wide.map(({ perSecond }) => perSecond.median));
  // In the run with three copies one copy was measured next to them, at the same place.
  const dearer = dearest.cpu === null ? 1 : dearest.cpu.median / one.wide.cpu.median;
  return {
    one: {
      ...standing,
      job: dearest.cpu?.median ?? fallback,
      all: dearest.cpu?.median ?? fallback,
      bytes: dearest.bytes.median,
      commit: 0,
    },
    three: {
      ...standing,
      job: (three.wide.leader?.median ?? fallback) * dearer,
      all: (three.wide.cpu?.median ?? 3 * fallback) * dearer,
      bytes: three.wide.bytes.median,
      commit: ROUND_TRIP,
    },
  };
}
