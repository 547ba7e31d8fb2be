// Ignores SIGTERM and has a live timer.
import process from "node:process";

process.on("SIGTERM", () => {});
setInterval(() => {}, 1000);
process.on("message", () => process.send(process.pid));
