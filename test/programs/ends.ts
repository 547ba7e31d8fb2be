// Leaves its cluster idle, in one of several ways, and must end by itself.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, what] = process.argv.slice(2) as [Isolation, string];
const cc = new ComputeCluster({ module: new URL("../workers/handler.mjs", import.meta.url), isolation, maxWorkers: 2 });
if (what === "enqueue") cc.enqueue({ op: "echo", value: 1 }, () => console.log("last line"));
if (what === "construct") console.log("last line");
if (what === "ready") await cc.ready().then(() => console.log("last line"));
if (what === "idle") {
  await Promise.all([1, 2].map((value) => cc.enqueue({ op: "sleep", ms: 30, value })));
  console.log("last line");
}
