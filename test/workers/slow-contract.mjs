// The original contract, behind a wait that outlasts the test.
import process from "node:process";

await new Promise((resolve) => setTimeout(resolve, 20_000));
process.on("message", () => process.send("late"));
