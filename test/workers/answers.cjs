// Answers that are hard to send.
const { THREAD_ONLY } = require("./thread-only.cjs");

exports.ANSWERS = {
  plain: () => "plain",
  value: ({ value }) => value,
  tag: ({ value }) => Object.prototype.toString.call(value),
  cycle: () => {
    const round = { n: 1 };
    round.round = round;
    return round;
  },
  big: () => ({ n: 1n }),
  undefined: () => undefined,
  function: () => () => 1,
  nested: () => ({ list: [new Map([["k", { f() {} }]])] }),
  caller: () => {
    const { proxy, revoke } = Proxy.revocable(() => {}, {});
    revoke();
    return { proxy };
  },
  threadOnly: ({ at }) => THREAD_ONLY[at][1](),
  throwsThreadOnly: ({ at }) => {
    throw Object.assign(new Error("thrown"), { value: THREAD_ONLY[at][1](), code: "E_ONLY" });
  },
  ownCause: () => {
    const around = { error: new Error("around") };
    around.error.cause = around;
    return around;
  },
  throwsOwnCause: () => {
    const error = Object.assign(new Error("thrown"), { code: "E_OWN" });
    error.cause = error;
    error.inside = { error };
    throw error;
  },
  deep: ({ levels = 200_000 }) => {
    let deep = { at: new Date() };
    for (let i = 0; i < levels; i++) deep = { deep };
    return deep;
  },
  throwsDeep: ({ levels }) => {
    throw Object.assign(new Error("thrown"), { value: exports.ANSWERS.deep({ levels }), code: "E_DEEP" });
  },
};
