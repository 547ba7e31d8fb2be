/** @type {import("../faults.mjs").Fault} */
export default {
  name: "error",
  title: "rich error",
  group: "Errors and values",
  meaning:
    "A job throws a `RangeError` with a message, a stack, a cause, a code and a property. Listed is what is lost.",
  async run({ start, settle, note }) {
    const pool = await start({ size: 1 });
    const first = await settle(pool.run({ job: "throw", kind: "rich" }));
    const error = Object(first.value);
    const has = {
      class: error instanceof RangeError && error.name === "RangeError",
      message: error.message === "too far",
      stack: String(error.stack).includes("work.cjs"),
      cause: error.cause instanceof Error && error.cause.message === "the cause",
      code: error.code === "E_FAR",
      property: error.meta?.at === 7,
    };
    return { first: note(first), lost: Object.keys(has).filter((what) => !has[what]), all: Object.keys(has).length };
  },
  verdict({ first, lost, all }) {
    if (first.state !== "error") return first.state === "hang" ? "hang" : "resolves";
    if (lost.length === 0) return "ok";
    return lost.length === all ? "error lost" : `lost: ${lost.join(", ")}`;
  },
};
