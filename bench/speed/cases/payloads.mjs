import { closedLoop } from "../closed-loop.mjs";
import { pseudoRandom } from "../statistics.mjs";
import { echo } from "../tasks.mjs";

/** @import { Case } from "../cases.mjs" */

const MB = 2 ** 20;

/** Places to compare when there is no time to compare everything. */
const samples = (length) => Array.from({ length: 64 }, (_, i) => Math.floor(i * (length - 1) / 63));

/** @param {number} size */
function bytes(size) {
  const value = new Uint8Array(size);
  const random = pseudoRandom(size);
  for (let i = 0; i < size; i++) value[i] = random() * 256;
  const places = samples(size);
  return echo(value, (back, thorough) => {
    if (!(back instanceof Uint8Array) || back.length !== size) return false;
    return thorough ? Buffer.compare(value, back) === 0 : places.every((i) => back[i] === value[i]);
  });
}

/** @param {number} size */
function text(size) {
  const random = pseudoRandom(size);
  const line = Array.from({ length: 1_024 }, () => String.fromCharCode(97 + random() * 26)).join("");
  // Flat, as a string is that was read.
  const value = Buffer.from(line.repeat(size / line.length)).toString("latin1");
  const places = samples(size);
  return echo(value, (back, thorough) => {
    if (typeof back !== "string" || back.length !== size) return false;
    return thorough ? back === value : places.every((i) => back.charCodeAt(i) === value.charCodeAt(i));
  });
}

/** @param {number} count */
function objects(count) {
  const value = Array.from(
    { length: count },
    (_, id) => ({ id, name: `item ${id}`, price: id / 8, sold: id % 3 === 0 }),
  );
  const same = (a, b) =>
    a.id === b?.id && a.name === b.name && a.price === b.price &&
    a.sold === b.sold;
  const places = samples(count);
  return echo(value, (back, thorough) => {
    if (!Array.isArray(back) || back.length !== count) return false;
    return thorough ? value.every((one, i) => same(one, back[i])) : places.every((i) => same(value[i], back[i]));
  });
}

/**
 * @param {Pick<Case, "name" | "title" | "meaning" | "carries"> & { outstanding: number, task: () => import("../closed-loop.mjs").Task }} options
 * @returns {Case}
 */
const payload = ({ outstanding, task, ...options }) => ({
  ...options,
  metrics: [{ name: "there and back", unit: "/s", better: "higher" }],
  short: false,
  message: false,
  repetitions: 3,
  limit: 20_000,
  async run({ start, record, quick }) {
    const pool = await start();
    const echoed = task();
    await closedLoop(pool, echoed, { outstanding: 2, least: 4 });
    const rate = await closedLoop(pool, echoed, { outstanding, ms: quick ? 200 : 700, least: quick ? 2 : 4 });
    record("there and back", rate);
  },
});

export const payloads = [
  payload({
    name: "bytes-1m",
    title: "Typed arrays of 1 MB",
    meaning: "A Uint8Array is copied there and back; 4 outstanding.",
    carries: "binary",
    outstanding: 4,
    task: () => bytes(MB),
  }),
  payload({
    name: "bytes-64m",
    title: "Typed arrays of 64 MB",
    meaning: "A Uint8Array is copied there and back; 2 outstanding.",
    carries: "binary",
    outstanding: 2,
    task: () => bytes(64 * MB),
  }),
  payload({
    name: "string-10m",
    title: "Strings of 10 MB",
    meaning: "An ASCII string there and back; 2 outstanding.",
    carries: "binary",
    outstanding: 2,
    task: () => text(10 * MB),
  }),
  payload({
    name: "objects",
    title: "Arrays of 10,000 objects",
    meaning: "Objects of four properties there and back; 4 outstanding.",
    carries: "plain",
    outstanding: 4,
    task: () => objects(10_000),
  }),
];
