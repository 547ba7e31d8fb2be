/**
 * Clusters for the conformance suite whose jobs a host runs, over a broker: each with a queue and a host of its own.
 */

import { ComputeCluster, type ComputeClusterOptions } from "../../mod.ts";
import { type Host, nats, serve } from "../../nats.ts";
import type { Elsewhere } from "../conformance/kit.ts";
import type { Broker } from "./broker.ts";

let queues = 0;

/** @param broker The broker, once there is one. */
export function overNats(broker: () => Broker): Elsewhere {
  return {
    open(options, fault) {
      const shared = { servers: broker().url, queue: `q${++queues}` };
      const { ours, theirs } = divide(options);
      const cc = new ComputeCluster({ engine: nats(shared), ...ours });
      // As on one machine, where no other host might have better luck with a job. The host shares this program's loop: a lease is to
      // outlast whatever a case does to that.
      const serving = serve({ ...shared, lease: 15_000, maxDeliveries: 1, cluster: theirs });
      const end = async (): Promise<void> => {
        await cc.exit();
        await serving.then((host) => host.exit(), () => {});
      };
      void serving.then((host: Host) => host.cluster.on("error", fault), fault);
      return [cc, end];
    },
  };
}

/** What a cluster is told that has no workers, and what the host's is told. */
function divide(options: ComputeClusterOptions): { ours: object; theirs: ComputeClusterOptions } {
  const { timeout, maxBacklog, maxLatency, max_backlog, max_request_time, ...theirs } = options;
  const given = Object.entries({ timeout, maxBacklog, maxLatency, max_backlog, max_request_time })
    .filter(([, value]) => value !== undefined);
  return { ours: Object.fromEntries(given), theirs };
}
