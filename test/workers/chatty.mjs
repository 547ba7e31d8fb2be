// Answers twice at once, and once more when the next job may be running.
import process from "node:process";

process.on("message", (job) => {
  process.send(`first:${job.id}`);
  process.send(`second:${job.id}`);
  setTimeout(() => process.send(`late:${job.id}`), 5);
});
