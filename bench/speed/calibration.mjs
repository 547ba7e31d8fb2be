// What the machine can do: node calibration.mjs <file>. The figures go into the file.
import { writeFileSync } from "node:fs";
import process from "node:process";
import { closedLoop } from "./closed-loop.mjs";
import { startFork } from "./raw/fork.mjs";
import { scrypt } from "./tasks.mjs";
import work from "./workers/work.cjs";

/** The most loops per millisecond that a single process does, in jobs of about 100 µs. */
function loops() {
  const job = 100_000;
  let best = 0;
  for (const end = performance.now() + 800; performance.now() < end;) {
    const start = performance.now();
    for (let i = 0; i < 100; i++) work.spin(job);
    best = Math.max(best, 100 * job / (performance.now() - start));
  }
  return best;
}

/** The scrypt jobs that two bare processes do in a second. */
async function scrypts() {
  const pool = startFork(new URL("./workers/message.cjs", import.meta.url), 2, "json");
  await closedLoop(pool, scrypt(), { outstanding: 4, least: 20 });
  const rate = await closedLoop(pool, scrypt(), { outstanding: 4, ms: 1_000 });
  await pool.close();
  return rate;
}

const single = loops();
writeFileSync(process.argv[2], JSON.stringify({ loops: single, scrypts: await scrypts() }));
process.exit();
