/**
 * The bootstrap as it is handed to a worker: on the command line, or as a URL. A file of ours would not be found from inside
 * of a bundle.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { ownProcess, zlib } from "../src/built-in.ts";
import type { WorkerSpec } from "../src/core/adapter.ts";

type Bootstrap = Pick<WorkerSpec, "bootstrap">;

/**
 * The longest that is put on a command line, in characters. Windows has room for 32,767, all arguments together, and quotes
 * count twice; Linux for 131,071 bytes in one.
 */
const longest = (): number => ownProcess().platform === "win32" ? 28_000 : 120_000;

/** How a worker tells it from the flags of its module. */
const NAME = "\n//# sourceURL=compute-cluster-worker.js";

/** The bootstrap's source; where that is too long for a command line, a program that unpacks it (10 ms later, Node 20.20). */
export function bootstrapSource({ bootstrap }: Bootstrap, most: number = longest()): string {
  return bootstrap.length <= most ? bootstrap : unpacking(bootstrap);
}

/** The same as a `data:` URL. Only what has a meaning in it is encoded. */
export function bootstrapUrl({ bootstrap }: Bootstrap, most: number = longest()): string {
  const url = urlOf(bootstrap);
  return url.length <= most ? url : urlOf(unpacking(bootstrap));
}

function urlOf(source: string): string {
  return "data:text/javascript," + source.replaceAll(/[%#?]|[^\x20-\x7e]+/g, encodeURIComponent);
}

function unpacking(source: string): string {
  const packed = zlib().deflateRawSync(Buffer.from(source), { level: 9 }).toString("base64");
  return 'const m=process.getBuiltinModule,{inflateRawSync:i}=m("node:zlib"),{Buffer:B}=m("node:buffer");' +
    `await import("data:text/javascript;base64,"+i(B.from("${packed}","base64")).toString("base64"))${NAME}`;
}
