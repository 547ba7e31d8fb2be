// Has nothing but a job to stay for.
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const cc = new ComputeCluster({
  module: new URL("../workers/handler.mjs", import.meta.url),
  isolation: process.argv[2] as Isolation,
});
cc.enqueue({ op: "echo", value: 0 }, () => {
  cc.enqueue({ op: "sleep", ms: 300, value: 7 }, (_, value) => console.log(`answered ${value}`));
});
