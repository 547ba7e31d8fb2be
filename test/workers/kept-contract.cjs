// The same in the original contract.
const kept = [];
process.on("message", ({ keep }) => {
  if (keep !== undefined) kept.push(keep);
  process.send(kept);
});
