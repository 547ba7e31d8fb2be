import { ThreadWorker } from "poolifier";
import work from "./work.cjs";

// Asynchronous: of any other function, a promise is taken for the answer itself.
export default new ThreadWorker(async (args) => await work(args), { maxInactiveTime: 60_000 });
