// Answers late, in an order of its own.
import process from "node:process";

process.on("message", (job) => {
  setTimeout(() => process.send(job.value), job.ms);
});
