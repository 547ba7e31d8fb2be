/** @type {import("../faults.mjs").Fault} */
export default {
  name: "late",
  title: "second answer",
  group: "Time, messages and the host",
  meaning:
    "A worker sends again 100 ms after its answer, while the next job runs: a second answer where jobs answer by a " +
    "call (worker-farm, compute-cluster), else a message of its own through its channel. The next job must get its own answer.",
  async run({ start, settle, note, wait }) {
    const pool = await start({ size: 1 }, "late");
    const first = await settle(pool.run({ job: "late" }));
    const next = await settle(pool.run({ job: "wait", ms: 500, value: "next" }));
    await wait(200);
    return { first: note(first), next: note(next) };
  },
  verdict({ first, next }) {
    if (first.text !== "'first'") return first.state === "hang" ? "hang" : "job fails";
    if (next.state !== "value") return next.state === "hang" ? "next job hangs" : "next job fails";
    return next.text === "'next'" ? "ok" : "wrong value";
  },
};
