// One case, one entrant, one repetition: node one.mjs <JSON>. What is measured goes into a file, line by line, so that
// it is there even if the rest hangs.
import { appendFileSync } from "node:fs";
import process from "node:process";
import { CASES } from "./cases.mjs";
import { ENTRANTS } from "./entrants.mjs";

/**
 * @typedef {object} Order
 * @property {string} test
 * @property {string} entrant
 * @property {string} out The file.
 * @property {boolean} quick
 * @property {import("./cases.mjs").Machine} machine
 */

/** How long closing may take, in milliseconds; that is not part of what is measured. */
const PATIENCE = 3_000;

/** @type {Order} */
const order = JSON.parse(process.argv[2]);
const test = CASES.find(({ name }) => name === order.test);
const entrant = ENTRANTS.find(({ name }) => name === order.entrant);

/** @param {object} line */
const note = (line) => appendFileSync(order.out, `${JSON.stringify(line)}\n`);

/** @type {import("../contenders.mjs").Pool[]} */
const pools = [];

try {
  await test.run({
    start: async ({ size = 2, warm = true } = {}) => {
      const pool = await entrant.start({ size, warm, carries: test.carries });
      pools.push(pool);
      return pool;
    },
    record: (metric, value) => note({ metric, value }),
    leaveOut: (metric, reason) => note({ metric, reason }),
    quick: order.quick,
    machine: order.machine,
  });
  note({ done: true });
} catch (error) {
  note({ kind: error.name === "WrongAnswer" ? "wrong answer" : "error", message: String(error?.message ?? error) });
  process.exit(1);
}
if (test.whole === undefined) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  await Promise.race([Promise.all(pools.map((pool) => pool.close())).catch(() => {}), late]);
  process.exit();
}
