/** @type {Record<string, (value: unknown) => boolean>} */
const RIGHT = {
  undefined: (value) => value === undefined,
  NaN: (value) => Number.isNaN(value),
  BigInt: (value) => value === 10n,
  Map: (value) => value instanceof Map && value.get("a") === 1,
  Date: (value) => value instanceof Date && value.getTime() === 5,
};

/** @type {import("../faults.mjs").Fault} */
export default {
  name: "values",
  title: "values",
  group: "Errors and values",
  meaning:
    "Jobs that answer undefined, NaN, a BigInt, a Map and a Date, one after the other. Listed is what does not arrive.",
  async run({ start, settle }) {
    const pool = await start({ size: 1 });
    const lost = [];
    for (const [kind, right] of Object.entries(RIGHT)) {
      const { state, value } = await settle(pool.run({ job: "answer", kind }));
      if (state === "hang") return { lost, hang: kind };
      if (state === "error" || !right(value)) lost.push(kind);
    }
    return { lost, hang: null };
  },
  verdict({ lost, hang }) {
    const wrong = [];
    if (lost.length > 0) wrong.push(`lost: ${lost.join(", ")}`);
    if (hang !== null) wrong.push(`hang at ${hang}`);
    return wrong.length === 0 ? "ok" : wrong.join(", ");
  },
};
