/** @type {import("../faults.mjs").Fault} */
export default {
  name: "load",
  title: "module throws at load",
  group: "Workers that are lost",
  meaning: "Two workers, whose module throws when it is loaded, and four jobs. All must fail. Counted are the starts " +
    "until 2 s after the last of them settled (or 6 s have passed), and those in the 2 s after that, which must be none.",
  env: { FAULT_LOAD: "throw" },
  async run({ start, settle, note, loads, wait }) {
    const pool = await start({ size: 2 });
    const jobs = await Promise.all([1, 2, 3, 4].map((value) => settle(pool.run({ job: "echo", value }))));
    // What was begun by then.
    await wait(2_000);
    const starts = loads().length;
    await wait(2_000);
    return { jobs: jobs.map(note), starts, later: loads().length - starts };
  },
  verdict({ jobs, starts, later }) {
    const hang = jobs.filter(({ state }) => state === "hang").length;
    if (jobs.some(({ state }) => state === "value")) return "wrong value";
    const wrong = [];
    if (hang > 0) wrong.push(hang === jobs.length ? "hang" : `${hang} of 4 hang`);
    wrong.push(`${starts} start${starts === 1 ? "" : "s"}`);
    if (later > 0) wrong.push(`${later} more in 2 s`);
    return hang === 0 && later === 0 ? `ok, ${wrong[0]}` : wrong.join(", ");
  },
};
