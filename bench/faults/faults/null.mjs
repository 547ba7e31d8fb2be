import { failedThenNext } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "null",
  title: "throw null",
  group: "Errors and values",
  meaning:
    'A job throws null. It must fail with null, and the next job must be answered. "replaced": it fails with something else.',
  async run({ start, settle, note }) {
    const pool = await start({ size: 1 });
    const first = await settle(pool.run({ job: "throw", kind: "null" }));
    const next = await settle(pool.run({ job: "echo", value: "next" }));
    return { first: note(first), next: note(next), same: first.value === null };
  },
  verdict: (facts) => failedThenNext(facts, facts.same ? "ok" : "replaced"),
};
