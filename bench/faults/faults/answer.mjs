import { failedThenNext } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "answer",
  title: "uncloneable answer",
  group: "Errors and values",
  meaning: "A job answers with an object that holds a function. It must fail, and the next job must be answered. " +
    '"wrong value": it is answered with less.',
  async run({ start, settle, note, ran }) {
    const pool = await start({ size: 1 });
    const first = await settle(pool.run({ job: "answer", kind: "function", id: "first" }));
    const next = await settle(pool.run({ job: "echo", value: "next" }));
    return { first: note(first), next: note(next), runs: ran("first").length };
  },
  verdict: (facts) => failedThenNext(facts).replace(/resolves .*?(?=,|$)/, "wrong value"),
};
