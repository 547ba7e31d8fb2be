// compute-cluster, piscina, tinypool: the default export does the job.
export { default } from "./work.cjs";
