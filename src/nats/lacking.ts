/**
 * What a cluster of one machine has, and hosts elsewhere have not.
 *
 * @module
 */

import type { ClusterError } from "../core/errors.ts";
import { engineError } from "./faults.ts";
import { LONGEST } from "./names.ts";
import type { RemoteJob } from "./remote-job.ts";

/** Why a job is refused that no host could run, or null. */
export function unsupported({ address, request: { stream, key, transfer } }: RemoteJob): ClusterError | null {
  if (stream) return lacking("stream: values are not carried one by one between machines");
  if (key !== null) return lacking("key: jobs of one key may run on different hosts");
  if (transfer.length > 0) return lacking("transfer: nothing can be moved to another machine");
  if (address.length > LONGEST) return lacking("room for an id this long: about 1000 bytes are the most");
  return null;
}

/** @param what And why. */
export function lacking(what: string): ClusterError {
  return engineError(`the engine nats() has no ${what}`, undefined, true);
}
