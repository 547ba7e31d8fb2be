// Answers, and throws, what never ends when it is read.

const next = () => ({
  get next() {
    return next();
  },
});
export const endless = next;

const wrap = (target) =>
  new Proxy(target, {
    get(of, key) {
      const value = Reflect.get(of, key);
      return typeof value === "object" && value !== null ? wrap(value) : value;
    },
  });
export function wrapping() {
  const object = { n: 1 };
  object.self = object;
  return wrap(object);
}

/** Few objects, and more paths through them than could ever be walked. */
export function lists() {
  const list = [new Error("in a list")];
  for (let i = 0; i < 64; i++) list.push(list);
  throw list;
}

export const echo = (value) => value;
