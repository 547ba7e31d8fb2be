// As cuts.mjs, as a handler.
import process from "node:process";
import { parentPort } from "node:worker_threads";

export default (job) => {
  if (job.pid) return process.pid;
  if (!job.cut) return "plain";
  setTimeout(() => {}, 20_000);
  const cut = job.cut === "disconnect" ? () => process.disconnect() : () => (parentPort ?? globalThis).close();
  if (!job.answers) return cut() ?? new Promise(() => {});
  setTimeout(cut, 0);
  return "answered";
};
