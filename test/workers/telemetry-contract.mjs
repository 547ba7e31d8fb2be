// The same by messages.
import process from "node:process";
import { look } from "./telemetry.mjs";

process.on("message", (ms) => {
  look(ms).then((seen) => process.send(seen));
});
