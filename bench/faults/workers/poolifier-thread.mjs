import { ThreadWorker } from "poolifier";
import work from "./work.cjs";

export default new ThreadWorker(work, { maxInactiveTime: 60_000 });
