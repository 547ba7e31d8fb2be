// Throws in its listener for some messages, and survives that.
import process from "node:process";

process.on("uncaughtException", () => {});

process.on("message", ({ n, throws }) => {
  if (throws) {
    setTimeout(() => process.send({ n, late: true }), 5);
    throw new Error(`thrown at ${n}`);
  }
  process.send({ n });
});
