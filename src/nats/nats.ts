/**
 * The engine for the option `engine`.
 *
 * @module
 */

import type { DistributedEngine, EngineParts } from "../distributed.ts";
import * as check from "../validate.ts";
import { ANYONE, NatsEngine } from "./engine.ts";
import { maxBacklog, ownerName, QUEUE_NAMES, type QueueOptions, resolveQueue } from "./options.ts";

/** Where a cluster's jobs go. */
export interface NatsOptions extends QueueOptions {
  /**
   * Whose the jobs are. Nobody else can read their answers where the server's users have the rights that docs/many-machines.md
   * lists, and the names of jobs (`id`) are the owner's own. Letters, digits and `-`, 64 at most.
   *
   * @default "any"
   */
  owner?: string | undefined;
}

const NAMES = [...QUEUE_NAMES, "owner"] as const;

/**
 * An engine that has jobs run by hosts on other machines, over NATS JetStream (2.9 or later). The official clients have to be
 * installed: `npm install @nats-io/transport-node @nats-io/jetstream @nats-io/obj`.
 *
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 *
 * @example
 * ```ts
 * import { ComputeCluster } from "compute-cluster";
 * import { nats } from "compute-cluster/nats";
 *
 * const cc = new ComputeCluster({ engine: nats({ servers: "nats://broker:4222", queue: "images" }) });
 * ```
 */
export function nats(options: NatsOptions): DistributedEngine {
  const { owner, ...given } = check.ownOptions(options, "options", NAMES);
  const queue = resolveQueue(given);
  const settled = { owner: owner === undefined ? ANYONE : ownerName("owner", owner) };
  return {
    name: "nats",
    open: (parts: EngineParts) => {
      const most = queue.shape.maxBacklog ?? (parts.maxBacklog === null ? null : maxBacklog(parts.maxBacklog));
      const shape = { ...queue.shape, maxBacklog: most };
      return new NatsEngine({ ...settled, queue: { ...queue, shape } }, parts);
    },
  };
}
