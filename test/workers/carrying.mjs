// Throws errors that carry what can't be sent, and what only looks as if it could.

const deep = () => {
  let value = {};
  for (let i = 0; i < 30_000; i++) value = { value };
  return value;
};

const VALUES = {
  "a proxy": () => new Proxy({ a: 1 }, {}),
  "a proxy deep inside": () => ({ list: [{ proxy: new Proxy([], {}) }] }),
  "a registry": () => new FinalizationRegistry(() => {}),
  "a formatter": () => new Intl.NumberFormat("en"),
  "an iterator": () => [1][Symbol.iterator](),
  "a URL": () => new URL("http://localhost/"),
  "headers": () => new Headers(),
  "a response": () => new Response("x"),
  "a signal": () => new AbortController().signal,
  "an event": () => new Event("e"),
  "a stream": () => new ReadableStream(),
  "a port": () => {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    return port1;
  },
  "something deep": deep,
};

export const names = () => Object.keys(VALUES);

export const property = (name) => {
  throw Object.assign(new RangeError("with a property"), { code: "E_MINE", value: VALUES[name]() });
};

export const cause = (name) => {
  throw new RangeError("with a cause", { cause: VALUES[name]() });
};

export const itself = (name) => {
  throw VALUES[name]();
};

export const sleep = (ms) => new Promise((resolve) => setTimeout(() => resolve("slept"), ms));
