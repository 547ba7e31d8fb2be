// Throws in one way or another for each message, and survives that; answers how much of it has arrived whole.
import { EventEmitter } from "node:events";
import process from "node:process";

process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});

const WAYS = {
  tick: () => process.nextTick(() => fail("in a tick")),
  microtask: () => queueMicrotask(() => fail("in a microtask")),
  immediate: () => setImmediate(() => fail("in an immediate")),
  rejection: () => void Promise.reject(new Error("rejected")),
  event: () => process.nextTick(() => new EventEmitter().emit("error", new Error("unheard"))),
  listener: () => fail("in the listener"),
};

process.on("message", ({ n, fill, size, text, way }) => {
  process.send({ n, whole: text === fill.repeat(size) });
  WAYS[way]();
});

function fail(where) {
  throw new Error(where);
}
