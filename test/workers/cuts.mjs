// Cuts its line to the host, and lives on.
import process from "node:process";
import { parentPort } from "node:worker_threads";

process.on("message", (job) => {
  if (job.pid) return process.send(process.pid);
  // Bounded, so that a failing test leaves nothing behind.
  if (job.cut) setTimeout(() => {}, 20_000);
  if (job.answers) process.send("answered");
  if (job.cut === "disconnect") process.disconnect();
  else if (job.cut === "close") (parentPort ?? globalThis).close();
  else if (!job.answers) process.send("plain");
});
