import { ClusterWorker } from "poolifier";
import work from "./work.cjs";

export default new ClusterWorker(work, { maxInactiveTime: 60_000 });
