// Runs a cluster of its own, from the built package: Node 20 takes no TypeScript here.
let inner;

export const setup = async (isolation) => {
  const { ComputeCluster } = await import("compute-cluster");
  inner = new ComputeCluster({ module: new URL("../workers/function.cjs", import.meta.url), isolation, maxWorkers: 1 });
};

export const teardown = () => inner.close();

export default (n) => inner.enqueue(n);
