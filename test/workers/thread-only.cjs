// What only threads can be sent: each in a place where a serializer that leaves it out would shift what follows.
const { Blob, File = Blob } = require("node:buffer");
const wasm = () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));

exports.THREAD_ONLY = [
  ["", wasm],
  [".list[1]", () => ({ list: [undefined, wasm(), 1], n: 10n })],
  [".get(10)", () => new Map([[10n, new Blob(["x"])]])],
  ["[1].blob", () => [1n, { blob: new Blob(["x"]) }]],
  [".values[0]", () => new Set([new File(["x"], "x.txt")])],
  [".with", () => Object.assign(new (class Odd {})(), { [Symbol("s")]: 1, with: wasm() })],
  [".in", () => Object.create(Date.prototype, { in: { value: wasm(), enumerable: true } })],
  [".cause", () => new RangeError("e", { cause: wasm() })],
  [".a.b", () => ({ a: { b: new SharedArrayBuffer(8) } })],
];
