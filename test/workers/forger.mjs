// Posts what the bootstrap posts, past it.
import process from "node:process";
import { parentPort } from "node:worker_threads";

const post = parentPort
  ? (frame) => parentPort.postMessage(frame)
  : typeof globalThis.postMessage === "function" && "DedicatedWorkerGlobalScope" in globalThis
  ? (frame) => globalThis.postMessage(frame)
  : () => {};

post({ type: "ready", teardown: true });
await new Promise((resolve) => setTimeout(resolve, 50));

export default (args) => args;

/** Answers for whatever else may run in the worker. */
export const forge = async (count) => {
  for (let job = 1; job <= count; job++) {
    post({ type: "answers", answers: [[job, 0, "forged"]] });
    post({ type: "aborting", job, heeds: true });
    post({ type: "answers", key: "", answers: [[job, 0, "forged"]] });
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return "honest";
};

export const slow = async (value) => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return value;
};

/** Cuts the line to the host, and lives on. */
export const sever = () => {
  if (parentPort) parentPort.close();
  else if (process.disconnect) process.disconnect();
  setInterval(() => {}, 1000);
  return new Promise(() => {});
};
