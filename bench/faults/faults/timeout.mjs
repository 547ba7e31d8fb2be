import { failedThenNext, seconds } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "timeout",
  title: "busy loop, 2 s limit",
  group: "Time, messages and the host",
  meaning:
    "A job that loops, with a timeout or an abort after 2 s. It must fail, its worker must stop, and the next job " +
    "must be answered: so long after the failure.",
  skip: ({ timeout }) => timeout ? null : "no timeout",
  async run({ start, settle, note, beats, wait }) {
    const pool = await start({ size: 1, timeout: 2_000 });
    await settle(pool.run({ job: "echo", value: 0 }));
    const first = await settle(pool.run({ job: "spin", ms: 20_000, id: "first" }, true));
    const next = await settle(pool.run({ job: "echo", value: "next" }));
    const before = beats().length;
    await wait(1_000);
    return { first: note(first), next: note(next), spins: beats().length > before };
  },
  verdict(facts) {
    const text = failedThenNext(facts, `ok, next after ${seconds(facts.next.ms)}`);
    return facts.spins ? `${text.startsWith("ok") ? "" : `${text}, `}not stopped` : text;
  },
};
