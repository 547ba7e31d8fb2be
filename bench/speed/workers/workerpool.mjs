import workerpool from "workerpool";
import work from "./work.cjs";

workerpool.worker({ work });
