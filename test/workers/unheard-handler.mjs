// Fails where nobody waits for it.
const ABSENT = "./is-not-there.mjs";

export const fail = (what) => {
  if (what === "ok") return "ok";
  if (what === "reject") void Promise.reject(new Error("rejected in the worker"));
  if (what === "timer") {
    setTimeout(() => {
      throw new Error("thrown by a timer of the worker");
    }, 5);
  }
  if (what === "tick") {
    queueMicrotask(() => {
      throw new Error("thrown by a microtask of the worker");
    });
  }
  if (what === "import") void import(ABSENT);
  if (what === "twice") {
    void Promise.reject(new Error("the first of two in the worker"));
    void Promise.reject(new Error("the second of two in the worker"));
  }
};

// Never answers unless all is well.
export default (what) => fail(what) ?? new Promise((resolve) => setTimeout(resolve, 20_000));

/** What a handler throws or rejects with is its answer. */
export const answers = (how) => {
  const error = new RangeError("the answer");
  if (how === "throw") throw error;
  return Promise.reject(error);
};
