// A worker of the bare loop's: answers each message.
import process from "node:process";
import work from "./worker.mjs";

process.on("message", ([number, value]) => process.send([number, work(value)]));
process.on("disconnect", () => process.exit());
