/**
 * The bootstrap as a URL: a file of ours would not be found from inside of a bundle.
 *
 * @module
 */

import type { WorkerSpec } from "../src/core/adapter.ts";

/** A `data:` URL of the bootstrap's source. */
export function bootstrapUrl(spec: WorkerSpec): string {
  return "data:text/javascript," + encodeURIComponent(spec.bootstrap);
}
