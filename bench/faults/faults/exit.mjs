import { failedThenNext } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "exit",
  title: "exit(0) in a job",
  group: "Workers that are lost",
  meaning: "A job calls `process.exit(0)`. It must fail, not run again, and the next job must be answered.",
  async run({ start, settle, note, ran }) {
    const pool = await start({ size: 1 });
    const first = await settle(pool.run({ job: "exit", code: 0, id: "first" }));
    const next = await settle(pool.run({ job: "echo", value: "next" }));
    return { first: note(first), next: note(next), runs: ran("first").length };
  },
  verdict: (facts) => failedThenNext(facts),
};
