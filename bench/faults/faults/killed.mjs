import { alive } from "../processes.mjs";
import { seconds } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "killed",
  title: "host killed, busy worker",
  group: "Time, messages and the host",
  meaning: "The host is killed with SIGKILL while a job loops. Two seconds later no worker may be left.",
  async run({ start, settle, ran, until }) {
    const pool = await start({ size: 1 });
    void settle(pool.run({ job: "spin", ms: 20_000, id: "first" }));
    return { running: await until(() => ran("first").length > 0) };
  },
  end: "killed",
  async after(facts, { pids, until }) {
    const start = Date.now();
    const gone = await until(() => !pids.some(alive), 2_000);
    return { ...facts, gone, ms: Date.now() - start };
  },
  verdict({ running, gone, ms }) {
    if (!running) return "hang";
    return gone ? `ok${ms > 300 ? `, after ${seconds(ms)}` : ""}` : "orphan";
  },
};
