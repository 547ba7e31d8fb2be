import { inspect } from "node:util";
import process from "node:process";
import { failedThenNext } from "../verdicts.mjs";

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "sigkill",
  title: "SIGKILL of a worker",
  group: "Workers that are lost",
  meaning: "A process that runs a job is killed. The job must fail, and the next one must be answered. " +
    '"signal lost": the error does not name the signal.',
  skip: ({ isolation }) => isolation === "thread" ? "a thread has no pid" : null,
  async run({ start, settle, note, ran, until }) {
    const pool = await start({ size: 1 });
    const promise = settle(pool.run({ job: "wait", ms: 15_000, id: "first" }));
    if (await until(() => ran("first").length > 0)) process.kill(ran("first")[0].pid, "SIGKILL");
    const first = await promise;
    const next = await settle(pool.run({ job: "echo", value: "next" }));
    return {
      first: note(first),
      next: note(next),
      runs: ran("first").length,
      named: inspect(first.value, { depth: 5 }).includes("SIGKILL"),
    };
  },
  verdict: (facts) => failedThenNext(facts, facts.named ? "ok" : "ok, signal lost"),
};
