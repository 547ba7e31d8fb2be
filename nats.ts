/**
 * Jobs on many machines, over NATS JetStream.
 *
 * @example In the program:
 * ```ts
 * import { ComputeCluster } from "compute-cluster";
 * import { nats } from "compute-cluster/nats";
 *
 * const cc = new ComputeCluster({ engine: nats({ servers: "nats://broker:4222", queue: "images" }) });
 * console.log(await cc.enqueue({ r: 2 }));
 * ```
 *
 * @example On every host: `npx compute-cluster serve --engine nats://broker:4222 --queue images --module ./worker.js`, or
 * ```ts
 * import { serve } from "compute-cluster/nats";
 *
 * const host = await serve({
 *   servers: "nats://broker:4222",
 *   queue: "images",
 *   cluster: { module: new URL("./worker.ts", import.meta.url) },
 * });
 * ```
 *
 * @module
 */

export { nats } from "./src/nats/nats.ts";
export type { NatsOptions } from "./src/nats/nats.ts";
export { createQueue } from "./src/nats/create-queue.ts";
export type { CreateQueueOptions } from "./src/nats/create-queue.ts";
export { Host, serve } from "./src/nats/host.ts";
export type { HostStats, ServeOptions } from "./src/nats/host.ts";
export { Monitor } from "./src/nats/monitor.ts";
export type { MonitorOptions, Overview, QueueReport } from "./src/nats/monitor.ts";
export type { HostReport } from "./src/nats/host-report.ts";
export { DeadLetters } from "./src/nats/dead-letters.ts";
export type { DeadJob, DeadJobContent, DeadLettersOptions, Requeued } from "./src/nats/dead-letters.ts";
export type { TraceContext } from "./src/core/trace.ts";
export type { AccessOptions, QueueOptions, TlsOptions } from "./src/nats/options.ts";
