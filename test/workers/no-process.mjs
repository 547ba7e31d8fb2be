// Takes the global `process` away, as programs do that want code for browsers, or what it gives.
import process from "node:process";

export const setup = (way) => {
  if (way === "gone") globalThis.process = undefined;
  else process.getBuiltinModule = process.memoryUsage = () => ({ rss: "mine", DefaultSerializer: class {} });
};

export default (value) => value;
