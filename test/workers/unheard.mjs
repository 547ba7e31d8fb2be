// Fails where nobody waits for it. The original contract.
import process from "node:process";
import { fail } from "./unheard-handler.mjs";

process.on("message", (job) => {
  const answer = fail(job);
  if (answer !== undefined) process.send(answer);
});
