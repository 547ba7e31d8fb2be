// The jobs of all cases, for every contender: each has a worker file of its own, which does no more than hand this over.
"use strict";
const { scryptSync } = require("node:crypto");
const process = require("node:process");

/**
 * A loop that takes time and nothing else; its answer depends on every step.
 *
 * @param {number} loops
 */
function spin(loops) {
  let x = 1;
  for (let i = 0; i < loops; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x;
}

const JOBS = {
  noop: ({ n }) => n,
  echo: ({ value }) => value,
  spin: ({ loops }) => spin(loops),
  // What a minifier or a compiler is to its host: text in, time, text out.
  file: ({ text, loops }) => ({ text: text.toUpperCase(), spun: spin(loops) }),
  scrypt: ({ password }) => scryptSync(password, "salt", 32, { N: 4096 }).toString("hex"),
};

module.exports = (args) => JOBS[args.job](args);
module.exports.spin = spin;

// A module that takes long to load, as a compiler does.
if (process.env.BENCH_LOAD_MS) {
  for (
    const end = Date.now() + Number(process.env.BENCH_LOAD_MS);
    Date.now() < end;
  );
}
