/** @type {import("../faults.mjs").Fault} */
export default {
  name: "queue",
  title: "queue behind a crash",
  group: "Workers that are lost",
  meaning: "One worker; a job that ends it with `process.exit(3)`, and three that wait behind. The three must be " +
    "answered, each with its own answer, without anybody asking again.",
  async run({ start, settle, note }) {
    const pool = await start({ size: 1 });
    const crash = settle(pool.run({ job: "exit", code: 3 }));
    const queue = [1, 2, 3].map((value) => settle(pool.run({ job: "echo", value })));
    const [first, ...rest] = await Promise.all([crash, ...queue]);
    return { first: note(first), rest: rest.map(note) };
  },
  verdict({ first, rest }) {
    const wrong = [];
    if (first.state !== "error") wrong.push(first.state === "hang" ? "hang" : "resolves");
    const hang = rest.filter(({ state }) => state === "hang").length;
    const fail = rest.filter(({ state }) => state === "error").length;
    if (hang > 0) wrong.push(hang === 3 ? "queue hangs" : `${hang} of 3 hang`);
    if (fail > 0) wrong.push(`${fail} of 3 fail`);
    if (rest.some(({ state, text }, i) => state === "value" && text !== String(i + 1))) wrong.push("wrong value");
    return wrong.length === 0 ? "ok" : wrong.join(", ");
  },
};
