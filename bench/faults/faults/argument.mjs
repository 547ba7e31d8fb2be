import { failedThenNext } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "argument",
  title: "uncloneable argument",
  group: "Errors and values",
  meaning: "A job whose arguments hold a function. It must fail, and the next job must be answered. " +
    '"wrong value": it is run with less.',
  async run({ start, settle, note }) {
    const pool = await start({ size: 1 });
    // A worker that is there: what is to be sent to none is no fault yet.
    const warm = await settle(pool.run({ job: "echo", value: 0 }));
    const first = await settle(() => pool.run({ job: "echo", value: { ok: 1, run: () => 1 } }));
    const next = await settle(pool.run({ job: "echo", value: "next" }));
    return { warm: note(warm), first: note(first), next: note(next) };
  },
  verdict: (facts) => failedThenNext(facts).replace(/resolves .*?(?=,|$)/, "wrong value"),
};
