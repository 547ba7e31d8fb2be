// Has no listener for `error`.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const cc = new ComputeCluster({
  module: new URL("../workers/handler.mjs", import.meta.url),
  isolation: process.argv[2] as Isolation,
  maxWorkers: 1,
});
const uncaught = new Promise<void>((resolve) => {
  process.on("uncaughtException", (error: Error & { code?: string }) => {
    console.log(`uncaught ${error.code}`);
    resolve();
  });
});
await cc.enqueue({ op: "exit", code: 9 }).catch((error) => console.log(`answered ${error.code}`));
await uncaught;
console.log(`second ${await cc.enqueue({ op: "echo", value: "ok" })}`);
await cc.close();
