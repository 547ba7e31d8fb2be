import type * as esm from "../nats.js" with { "resolution-mode": "import" };

export declare const createQueue: typeof esm.createQueue;
export declare const Host: typeof esm.Host;
export type Host = esm.Host;
export declare const nats: typeof esm.nats;
export declare const serve: typeof esm.serve;
export type CreateQueueOptions = esm.CreateQueueOptions;
export type HostStats = esm.HostStats;
export type NatsOptions = esm.NatsOptions;
export type QueueOptions = esm.QueueOptions;
export type ServeOptions = esm.ServeOptions;
export type TlsOptions = esm.TlsOptions;
