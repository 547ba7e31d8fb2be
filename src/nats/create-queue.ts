/**
 * Makes queues, for servers on which not everybody may.
 *
 * @module
 */

import * as check from "../validate.ts";
import { openBucket } from "./bulk.ts";
import { ANYONE } from "./engine.ts";
import { engineError } from "./faults.ts";
import { Link } from "./link.ts";
import { Names } from "./names.ts";
import { ownerName, QUEUE_NAMES, type QueueOptions, resolveQueue, SHAPE } from "./options.ts";

/** A queue that is to be there. */
export interface CreateQueueOptions extends QueueOptions {
  /**
   * Who enqueues: the `owner` of each program. Each has a place of its own for values that are too large for messages.
   *
   * @default ["any"]
   */
  owners?: readonly string[] | undefined;
}

const NAMES = [...QUEUE_NAMES, "owners"] as const;

/**
 * Makes a queue, or changes one that there is, and resolves when it is there. Needed only where neither hosts nor submitters have the
 * right to: otherwise whoever comes first makes it.
 *
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 * @throws {ClusterError} `CC_ERR_ENGINE` if the server can't be reached, or the user may not make queues.
 *
 * @example
 * ```ts
 * import { createQueue } from "compute-cluster/nats";
 *
 * await createQueue({ servers: "nats://broker:4222", user: "admin", pass: "…", queue: "images", owners: ["alice", "bob"] });
 * ```
 */
export async function createQueue(options: CreateQueueOptions): Promise<void> {
  const { owners = [ANYONE], ...given } = check.ownOptions(options, "options", NAMES);
  const buckets = check.texts("owners", owners).map((owner, i) => ownerName(`owners[${i}]`, owner));
  const queue = resolveQueue(given);
  const names = new Names(queue.queue);
  const link = new Link(queue, "compute-cluster administrator", Names.inbox(ANYONE), { again() {}, failed() {} });
  try {
    const broker = await link.open();
    if (broker.unseen) throw engineError(`queue ${JSON.stringify(queue.queue)} can't be made`, broker.unseen);
    for (const owner of buckets) {
      await openBucket(broker, names.bucket(owner), queue.shape.replicas ?? SHAPE.replicas);
    }
  } finally {
    await link.close();
  }
}
