import process from "node:process";
import { WrongAnswer } from "../closed-loop.mjs";
import { pseudoRandom } from "../statistics.mjs";
import work from "../workers/work.cjs";

/** @import { Case } from "../cases.mjs" */

const LOAD = 300;
const FULL = 5_000;
const COUNT = 200;
const KINDS = Array.from({ length: 10 }, (_, i) => ({ size: 5_000 * (i + 1), ms: 2 * (i + 1) }));

/** @type {Case} */
export const files = {
  name: "files",
  title: "Many files, and a module that is long to load",
  meaning:
    `Files of 5 to 50 KB that take 2 to 20 ms each, all enqueued at once on a new pool whose worker module takes ${LOAD} ms ` +
    `to load; scaled down from ${FULL} files to ${COUNT} (${
      COUNT / FULL * 100
    } %). 100 % is the ideal: the load, and then two ` +
    "workers that do nothing but compute.",
  metrics: [{ name: "all answered", unit: "s", better: "lower" }, { name: "of ideal", unit: "%", better: "higher" }],
  short: true,
  message: false,
  carries: "plain",
  repetitions: 3,
  limit: 30_000,
  async run({ start, record, quick, machine }) {
    process.env.BENCH_LOAD_MS = String(LOAD);
    const random = pseudoRandom(1);
    const kinds = KINDS.map(({ size, ms }) => {
      const text = Buffer.from(Array.from({ length: size }, () => 97 + random() * 26)).toString("latin1");
      return { ms, args: { job: "file", text, loops: Math.round(machine.loops * ms) } };
    });
    const count = quick ? COUNT / 4 : COUNT;
    // As many of each kind, in no order.
    const all = Array.from({ length: count }, (_, i) => kinds[i % kinds.length])
      .map((kind) => ({ kind, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ kind }) => kind);
    const begun = performance.now();
    const pool = await start({ warm: false });
    const answers = await Promise.all(all.map(({ args }) => pool.run(args)));
    const seconds = (performance.now() - begun) / 1_000;
    const right = new Map(kinds.map((kind) => [kind, work(kind.args)]));
    answers.forEach((answer, i) => {
      const { text, spun } = right.get(all[i]);
      if (answer?.text !== text || answer.spun !== spun) {
        throw new WrongAnswer(`the answer for file ${i} is wrong`);
      }
    });
    const ideal = (LOAD + all.reduce((sum, { ms }) => sum + ms, 0) / 2) / 1_000;
    record("all answered", seconds);
    record("of ideal", ideal / seconds * 100);
  },
};
