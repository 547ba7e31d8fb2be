// Measures one kind of worker on the runtime that runs this: node one.mjs process spin 20. Prints one line of JSON on stderr.
import process from "node:process";
import { ComputeCluster } from "../../dist/mod.js";

const [isolation, way, times] = process.argv.slice(2);
const module = new URL("./worker.mjs", import.meta.url);
const answers = [];
const replacements = [];
const exits = [];

for (let i = 0; i < Number(times); i++) {
  const cc = new ComputeCluster({ module, isolation, maxWorkers: 1 });
  cc.on("error", () => {});
  await cc.ready();
  const controller = new AbortController();
  const job = cc.enqueue(way, { task: "hang", signal: controller.signal }).catch(() => {});
  // It has begun when the worker has had time for it; nothing that hangs can say so.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const decided = performance.now();
  controller.abort();
  await job;
  answers.push(performance.now() - decided);
  await cc.enqueue("next");
  replacements.push(performance.now() - decided);
  const again = cc.enqueue(way, { task: "hang" }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 100));
  const leaving = performance.now();
  await cc.exit();
  exits.push(performance.now() - leaving);
  await again;
}
process.stderr.write(`${JSON.stringify({ answers, replacements, exits })}\n`);
process.exit();
