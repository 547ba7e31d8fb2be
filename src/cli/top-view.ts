/**
 * Queues and hosts as text.
 *
 * @module
 */

import type { HostReport, Overview, QueueReport } from "../../nats.ts";
import { shown } from "./progress.ts";
import { aligned, time } from "./table.ts";

/** What is shown in place of what there is not. */
const NONE = "-";

/** Everything, in lines. */
export function view({ queues }: Overview): string {
  if (queues.length === 0) return "no queues: they are made when a program or a host first uses them";
  const hosts = queues.flatMap((queue) => queue.hosts);
  return hosts.length === 0
    ? `${queueTable(queues)}\n\nno hosts: start some with compute-cluster serve`
    : `${queueTable(queues)}\n\n${hostTable(hosts)}`;
}

function queueTable(queues: readonly QueueReport[]): string {
  const columns = "queue,waiting,oldest,running,jobs/s,run,hosts,slots,dead,redelivered,limit,version".split(",");
  const rows = queues.map((queue) => {
    const serving = queue.hosts.filter(({ state }) => state === "serving");
    return [
      queue.queue,
      shown(queue.waiting),
      queue.oldest === null ? NONE : time(queue.oldest),
      shown(queue.running),
      shown(sum(queue.hosts, ({ rate }) => rate)),
      run(meanRun(queue.hosts)),
      shown(queue.hosts.length),
      shown(sum(serving, ({ slots }) => slots)),
      shown(queue.dead),
      shown(queue.redelivered),
      queue.maxBacklog === null ? "none" : shown(queue.maxBacklog),
      queue.version ?? NONE,
    ];
  });
  return aligned([columns, ...rows], [0, 11]);
}

function hostTable(hosts: readonly HostReport[]): string {
  const columns = "host,queue,state,slots,held,waiting,jobs/s,run,done,failed,up,runtime,library,module".split(",");
  const rows = hosts.map((host) => [
    host.host,
    host.queue,
    host.state,
    shown(host.slots),
    shown(host.held),
    shown(host.waiting),
    shown(host.rate),
    run(host.ran),
    shown(host.done),
    shown(host.failed),
    time(host.uptime),
    host.runtime,
    host.library,
    host.version ?? NONE,
  ]);
  return aligned([columns, ...rows], [0, 1, 2, 11, 12, 13]);
}

function run(milliseconds: number): string {
  return milliseconds === 0 ? NONE : time(milliseconds);
}

/** Of all jobs that were done. */
function meanRun(hosts: readonly HostReport[]): number {
  const known = hosts.filter(({ ran }) => ran > 0);
  return sum(known, ({ ran, done }) => ran * done) / sum(known, ({ done }) => done) || 0;
}

function sum(hosts: readonly HostReport[], of: (host: HostReport) => number): number {
  return hosts.reduce((sum, host) => sum + of(host), 0);
}
