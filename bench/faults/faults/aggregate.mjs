/** @type {import("../faults.mjs").Fault} */
export default {
  name: "aggregate",
  title: "AggregateError",
  group: "Errors and values",
  meaning: "A job throws an `AggregateError` of a `TypeError` and a `RangeError`. Listed is what is lost.",
  async run({ start, settle, note }) {
    const pool = await start({ size: 1 });
    const first = await settle(pool.run({ job: "throw", kind: "aggregate" }));
    const error = Object(first.value);
    const errors = Array.isArray(error.errors) ? error.errors : [];
    const has = {
      class: error instanceof AggregateError,
      message: error.message === "both",
      errors: errors.length === 2 && errors.every((one, i) => Object(one).message === ["one", "two"][i]) &&
        errors[0] instanceof TypeError && errors[1] instanceof RangeError,
    };
    return { first: note(first), lost: Object.keys(has).filter((what) => !has[what]), all: Object.keys(has).length };
  },
  verdict({ first, lost, all }) {
    if (first.state !== "error") return first.state === "hang" ? "hang" : "resolves";
    if (lost.length === 0) return "ok";
    return lost.length === all ? "error lost" : `lost: ${lost.join(", ")}`;
  },
};
