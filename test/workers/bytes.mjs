// Shows what came of a view: its own bytes, and the memory behind it.
const seen = (view) => ({
  kind: Object.prototype.toString.call(view).slice(8, -1),
  length: view.byteLength,
  backing: view.buffer.byteLength,
  shared: !(view.buffer instanceof ArrayBuffer),
  text: new TextDecoder("latin1").decode(new Uint8Array(view.buffer.slice(0))),
});

export default ({ view }) => seen(view);

/** Adds up what is at the start of each view, so that views on the same memory show it. */
export const pick = (value) => value;

/** Gives a view of memory that holds more. */
export const secret = () => {
  const memory = new TextEncoder().encode("SECRET-abc-SECRET");
  return { deep: [new Map([["view", memory.subarray(7, 10)]])] };
};
