// Answers that are hard to send.
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
  deep: () => {
    let deep = {};
    for (let i = 0; i < 200_000; i++) deep = { deep };
    return deep;
  },
};
