import { seconds } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "stuck",
  title: "module never ready",
  group: "Workers that are lost",
  meaning:
    "A module that loops when it is loaded, and a limit of 1 s for what has one (start or job). The job must fail.",
  env: { FAULT_LOAD: "stuck" },
  async run({ start, settle, note, contender }) {
    const pool = await start({ size: 1, timeout: 1_000, startTimeout: 1_000 });
    return { first: note(await settle(pool.run({ job: "echo", value: 1 }, contender.timeout))) };
  },
  verdict({ first }) {
    if (first.state === "value") return "wrong value";
    return first.state === "hang" ? "hang" : `ok, after ${seconds(first.ms)}`;
  },
};
