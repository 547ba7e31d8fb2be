// Its callbacks and listeners throw.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const cc = new ComputeCluster({
  module: new URL("../workers/handler.mjs", import.meta.url),
  isolation: process.argv[2] as Isolation,
  maxWorkers: 1,
});
process.on("uncaughtException", (error) => console.log(`uncaught ${error.message}`));
cc.once("job:settled", () => {
  throw new Error("bug 1");
});
cc.enqueue({ op: "echo", value: 1 }, () => {
  cc.enqueue({ op: "echo", value: 2 }, (_, value) => {
    console.log(`answered ${value}`);
    throw new Error("bug 2");
  });
  cc.enqueue({ op: "echo", value: 3 }, (_, value) => console.log(`answered ${value}`));
  throw new Error("bug 3");
});
