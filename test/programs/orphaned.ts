// Dies while its workers are busy in one way or another.
import { readFileSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, how, file, death] = process.argv.slice(2) as [Isolation, string, string, string];
const module = new URL("../workers/lingers.mjs", import.meta.url);
const env = { ...process.env as Record<string, string>, LINGERS: how, LINGERS_FILE: file };
const cc = new ComputeCluster({ module, isolation, maxWorkers: 2, minWorkers: 2, env });
if (death === "at once") {
  void cc.ready();
  process.kill(process.pid, "SIGKILL");
}
for (let i = 0; i < 2; i++) void cc.enqueue(null).catch(() => {});

const lines = (): number => {
  try {
    return readFileSync(file, "utf8").split("\n").length - 1;
  } catch {
    return 0;
  }
};
while (lines() < 2) await new Promise((resolve) => setTimeout(resolve, 5));
console.log("busy");
const grown: number[][] = [];
if (death === "memory") { for (;;) grown.push(new Array(100_000).fill(grown.length + 0.5)); }
if (death === "abort") process.abort();
setInterval(() => {}, 1000);
