/**
 * The consumers of a queue's jobs: one of each level, which all hosts share.
 *
 * @module
 */

import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import { foundOrMade } from "./found-or-made.ts";
import { type Level, LEVELS, type Names } from "./names.ts";
import { SHAPE } from "./options.ts";
import { rewind } from "./rewinding.ts";

const NANOS = 1_000_000;

/**
 * Makes those that are missing, and those anew that are ahead of their stream.
 *
 * @param lease As it is to be, in milliseconds; null for as it is.
 * @param tell Is called when it is another than it was.
 * @returns the lease as it is.
 */
export async function openConsumers(
  lease: number | null,
  jsm: JetStreamManager,
  names: Names,
  tell: () => void,
): Promise<number> {
  const opened: ConsumerInfo[] = [];
  for (const level of LEVELS) opened.push(await openConsumer(lease, jsm, names, level, tell));
  await rewind(jsm, names, opened);
  return leaseOf(opened);
}

async function openConsumer(
  lease: number | null,
  jsm: JetStreamManager,
  names: Names,
  level: Level,
  tell: () => void,
): Promise<ConsumerInfo> {
  const name = names.consumer(level);
  const config: Partial<ConsumerConfig> = {
    durable_name: name,
    ack_policy: "explicit",
    ack_wait: (lease ?? SHAPE.lease) * NANOS,
    max_ack_pending: -1,
    max_waiting: 4096,
    filter_subject: names.jobsAt(level),
  };
  const found = await foundOrMade(
    () => jsm.consumers.info(names.jobs, name),
    () => jsm.consumers.add(names.jobs, config),
  );
  if (lease === null || leaseOf([found]) === lease) return found;
  const changed = await jsm.consumers.update(names.jobs, name, { ack_wait: config.ack_wait as number });
  tell();
  return changed;
}

/** The lease of a queue as it is now, in milliseconds. */
export async function currentLease(jsm: JetStreamManager, names: Names): Promise<number> {
  return leaseOf(await lookAt(jsm, names));
}

/** Those that there are. Rejects if one is not. */
export function lookAt(jsm: JetStreamManager, names: Names): Promise<ConsumerInfo[]> {
  return Promise.all(LEVELS.map((level) => jsm.consumers.info(names.jobs, names.consumer(level))));
}

function leaseOf(consumers: readonly ConsumerInfo[]): number {
  return Math.min(...consumers.map(({ config }) => (config.ack_wait ?? SHAPE.lease * NANOS) / NANOS));
}
