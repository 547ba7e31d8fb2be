import { inspect } from "node:util";
import { failedThenNext, nextJob } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "unhandled",
  title: "unhandled rejection",
  group: "Errors and values",
  meaning: 'A job that still runs leaves a rejected promise behind. It must fail, as a program would. "cause lost": ' +
    'nothing in the error tells of the rejection; "ignored": the job is answered as if nothing was.',
  async run({ start, settle, note, ran }) {
    const pool = await start({ size: 1 });
    const first = await settle(pool.run({ job: "unhandled", id: "first" }));
    const next = await settle(pool.run({ job: "echo", value: "next" }));
    return {
      first: note(first),
      next: note(next),
      runs: ran("first").length,
      told: inspect(first.value, { depth: 5 }).includes("left behind"),
    };
  },
  verdict(facts) {
    if (facts.first.text === "'answered'") return ["ignored", nextJob(facts.next)].filter(Boolean).join(", ");
    return failedThenNext(facts, facts.told ? "ok" : "cause lost");
  },
};
