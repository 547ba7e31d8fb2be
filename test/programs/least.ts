// Has few rights; its workers must not have more.
import { ComputeCluster } from "../../mod.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation: "process", maxWorkers: 1 });
console.log(`answered ${await cc.enqueue(1, { task: "double" })}`);
await cc.enqueue({ op: "log", file: "/tmp/compute-cluster-must-not-write", line: 1 }).then(
  () => console.log("wrote"),
  () => console.log("write refused"),
);
await cc.close();
try {
  new ComputeCluster({ module, isolation: "process", permissions: { write: true } });
} catch (error) {
  console.log((error as { code: string }).code);
}
