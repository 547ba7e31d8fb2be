// Throws what is hard to report, from its handler.
import { HOSTILE } from "./hostile.mjs";

export default (job) => {
  if (job.what === undefined) return job;
  if (job.how === "reject") return Promise.reject(HOSTILE[job.what]());
  throw HOSTILE[job.what]();
};
