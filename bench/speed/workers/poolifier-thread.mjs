import { ThreadWorker } from "poolifier";
import work from "./work.cjs";

export default new ThreadWorker((args) => work(args), { maxInactiveTime: 60_000 });
