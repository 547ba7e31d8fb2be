import { closedLoop } from "../closed-loop.mjs";
import { DEADLINE } from "../entrants.mjs";
import { openLoop } from "../open-loop.mjs";
import { quantile } from "../statistics.mjs";
import { scrypt } from "../tasks.mjs";

/** @import { Case, Metric } from "../cases.mjs" */

const LOADS = [50, 90, 120];

/** @type {Case} */
export const server = {
  name: "server",
  title: "A server of password hashes",
  meaning:
    "scrypt jobs come at random, whether or not those before are answered, at 50, 90 and 120 % of what two bare " +
    `processes can do. Goodput: answers within ${DEADLINE} ms, in % of that. p99: of all answers, from when the job was due. ` +
    "No pool has a limit for what waits, but for `maxLatency`, which refuses what would be late.",
  metrics: LOADS.flatMap((load) => /** @type {Metric[]} */ ([
    { name: `${load} %: goodput`, unit: "%", better: "higher" },
    { name: `${load} %: p99`, unit: "ms", better: "lower" },
  ])),
  short: true,
  message: false,
  carries: "plain",
  repetitions: 3,
  limit: 30_000,
  async run({ start, record, quick, machine }) {
    const task = scrypt();
    const pool = await start();
    await closedLoop(pool, task, { outstanding: 2, least: 20 });
    const seconds = quick ? 0.5 : 1.2;
    for (const load of LOADS) {
      const latencies = await openLoop(pool, task, { rate: machine.scrypts * load / 100, seconds });
      const good = latencies.filter((ms) => ms <= DEADLINE).length;
      record(`${load} %: goodput`, good / (machine.scrypts * seconds) * 100);
      record(`${load} %: p99`, quantile(latencies, 0.99));
    }
  },
};
