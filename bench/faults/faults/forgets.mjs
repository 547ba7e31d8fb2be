import { alive } from "../processes.mjs";

/** How long the host may take to end, in milliseconds. */
const LIMIT = 8_000;

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "forgets",
  title: "host does not close",
  group: "Time, messages and the host",
  meaning: `A program that has its answer and closes nothing. It must end within ${LIMIT / 1000} s.`,
  async run({ start, settle, note }) {
    const pool = await start({ size: 1 });
    return { first: note(await settle(pool.run({ job: "echo", value: "next" }))) };
  },
  end: "left",
  patience: LIMIT,
  async after(facts, { pids, until, ended }) {
    return { ...facts, ended, gone: !ended || await until(() => !pids.some(alive), 2_000) };
  },
  verdict({ first, ended, gone }) {
    if (first.state !== "value") return first.state === "hang" ? "hang" : "job fails";
    if (!ended) return "stays alive";
    return gone ? "ok" : "orphan";
  },
};
