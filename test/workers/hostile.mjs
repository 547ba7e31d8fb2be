// What is hard to report.
const fails = {
  get() {
    throw new Error("not to be read");
  },
};

export const HOSTILE = {
  error: () => Object.assign(new TypeError("bad input 42"), { code: "E_BAD" }),
  null: () => null,
  undefined: () => undefined,
  symbol: () => Symbol("s"),
  bare: () => Object.create(null),
  getters: () => Object.defineProperties(new Error("x"), { message: fails, stack: fails, name: fails, cause: fails }),
  text: () => ({
    toString() {
      throw new Error("no text");
    },
    [Symbol.toPrimitive]() {
      throw new Error("no primitive");
    },
  }),
  proxy: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  caller: () => {
    const { proxy, revoke } = Proxy.revocable(() => {}, {});
    revoke();
    return proxy;
  },
  class: () =>
    class {
      static name = Symbol("no text");
    },
};
