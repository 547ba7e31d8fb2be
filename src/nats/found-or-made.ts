/**
 * What is at the broker under a name, made if it is not there.
 *
 * @module
 */

import type { ConsumerInfo, StreamInfo } from "@nats-io/jetstream";
import { isMissing, isTaken } from "./faults.ts";

/** What is there; made if it is not. Somebody else may make it at the same time, as they want it. */
export async function foundOrMade<T extends StreamInfo | ConsumerInfo>(
  find: () => Promise<T>,
  make: () => Promise<T>,
): Promise<T> {
  const found = await orMissing(find());
  if (found) return found;
  try {
    return await make();
  } catch (error) {
    const others = isTaken(error) ? await orMissing(find()) : null;
    if (others) return others;
    throw error;
  }
}

async function orMissing<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
