// Answers with what is asked for, and says nothing of what goes wrong.
import process from "node:process";
import { ANSWERS } from "./answers.mjs";

process.on("message", (job) => {
  try {
    process.send(ANSWERS[job.what](job));
  } catch {
    if (job.apologizes) process.send("an apology");
  }
});
