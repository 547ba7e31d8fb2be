/**
 * Jobs that are given up because every host that had them was lost: kept aside, with all that they came with, to be looked at.
 *
 * @module
 */

import { ClusterError } from "../core/errors.ts";
import type { Delivery } from "./delivery.ts";
import { readFailure } from "./failures.ts";
import type { AnswerLetter } from "./letters.ts";
import type { Broker } from "./link.ts";
import { Names } from "./names.ts";
import { read } from "./values.ts";

/**
 * Sets a job aside.
 *
 * @returns the error for its caller.
 */
export async function poisoned(
  { requests, client }: Broker,
  names: Names,
  { subject, headers, bytes, count }: Delivery,
  job: string,
  limit: number,
): Promise<ClusterError> {
  const kept = client.transport.headers();
  for (const [name, values] of headers ?? []) for (const value of values) kept.append(name, value);
  kept.set("cc-subject", subject);
  kept.set("cc-deliveries", String(count - 1));
  // Not the id of the job's own message: the broker would take it for that.
  kept.delete("Nats-Msg-Id");
  await requests.publish(names.deadJob(Names.addressIn(subject)), bytes, kept);
  const message = `job ${job} was set aside: none of the ${limit} hosts that it was given to has answered it`;
  return new ClusterError("CC_ERR_POISON", message, { job, limit });
}

/** Whether an answer says that its job was set aside: then its large arguments are needed still. */
export function isPoison({ status, body }: AnswerLetter): boolean {
  if (status !== "failed" || body.object !== null) return false;
  try {
    return readFailure(read(body), "").code === "CC_ERR_POISON";
  } catch {
    return false;
  }
}
