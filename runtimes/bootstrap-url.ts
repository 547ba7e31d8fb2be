/**
 * The bootstrap as a URL: a file of ours would not be found from inside of a bundle.
 *
 * @module
 */

import type { WorkerSpec } from "../src/core/adapter.ts";

/**
 * A `data:` URL of the bootstrap's source. Only what has a meaning in it is encoded: a command line of Windows has 32767 characters.
 */
export function bootstrapUrl({ bootstrap }: Pick<WorkerSpec, "bootstrap">): string {
  return "data:text/javascript," + bootstrap.replaceAll(/[%#?]|[^\x20-\x7e]+/g, encodeURIComponent);
}
