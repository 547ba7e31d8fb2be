// The same by messages.
import process from "node:process";
import passOn, { setup } from "./passes-on.mjs";

setup(process.argv[2]);

process.on("message", (given) => {
  setTimeout(() => passOn(given).then((trace) => process.send(trace)), 5);
});
