// Listens only once it is ready.
import process from "node:process";

await new Promise((resolve) => setTimeout(resolve, 50));
const { gzipSync } = await import("node:zlib");
process.on("message", (text) => process.send(gzipSync(text).length > 0));
