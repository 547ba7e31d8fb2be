// Leaves in the same breath as it answers.
process.on("message", ({ kind, size, how }) => {
  process.send(kind === "bytes" ? new Uint8Array(size).fill(7) : "é" + "x".repeat(size - 2) + "z");
  if (how === "exit") process.exit(0);
  if (how === "disconnect") process.disconnect();
  if (how === "throw") throw new Error("after the answer");
});
