// Leaves right after it has answered.
import process from "node:process";

export default ({ kind, size, how }) => {
  queueMicrotask(() =>
    queueMicrotask(() =>
      queueMicrotask(() => {
        if (how === "exit") process.exit(0);
        if (how === "disconnect") process.disconnect();
        if (how === "throw") throw new Error("after the answer");
      })
    )
  );
  return kind === "bytes" ? new Uint8Array(size).fill(7) : "é" + "x".repeat(size - 2) + "z";
};
