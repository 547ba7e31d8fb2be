import process from "node:process";
import { perform } from "./perform.mjs";

process.on("message", async (job) => {
  process.send(await perform(job));
});
