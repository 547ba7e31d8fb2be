// Ten long loops, none of them on the main thread: the example of the original README in today's form.
import process from "node:process";
import { ComputeCluster } from "../../mod.ts"; // in your program: "compute-cluster"

const cc = new ComputeCluster<typeof import("./worker.ts")>({ module: new URL("./worker.ts", import.meta.url) });

async function run(): Promise<void> {
  try {
    console.log("it's nice:", await cc.enqueue({ turns: 100_000_000 }));
  } catch (error) {
    console.error("an error occurred:", error);
    process.exitCode = 1;
  }
}

await Promise.all(Array.from({ length: 10 }, run));
await cc.close();
