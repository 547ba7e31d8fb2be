// Enqueues a job in a cluster of its own, from the built package (Node 20 takes no TypeScript here), and gives what that was told of
// its trace. Some time passes before.
import { ComputeCluster } from "compute-cluster";

let inner;

export const setup = (isolation) => {
  inner = new ComputeCluster({ module: new URL("handler.mjs", import.meta.url), isolation, maxWorkers: 1 });
};

export const teardown = () => inner.close();

export default async (given) => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return await inner.enqueue(0, { task: "trace", ...given });
};

/** The same again and again, for a stream. */
export async function* yields(count) {
  for (let n = 0; n < count; n++) yield await inner.enqueue(0, { task: "trace" });
}

/** The same for each item of a map. */
export const each = async (count) => {
  const traces = [];
  for await (const trace of inner.map(Array(count).fill(0), { task: "trace" })) traces.push(trace);
  return traces;
};
