// Throws what is hard to report, from its message listener or after it.
import process from "node:process";
import { HOSTILE } from "./hostile.mjs";

process.on("message", (job) => {
  if (job.what === undefined) return process.send(job);
  if (job.how === "throw") throw HOSTILE[job.what]();
  if (job.how === "reject") void Promise.reject(HOSTILE[job.what]());
  else {setTimeout(() => {
      throw HOSTILE[job.what]();
    }, 0);}
});
