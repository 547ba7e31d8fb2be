/**
 * Spans and metrics of a cluster, on the API of OpenTelemetry (`@opentelemetry/api`, which has to be installed; the SDK is for the
 * program to choose).
 *
 * @example In the program, once its SDK is set up:
 * ```ts
 * import { ComputeCluster } from "compute-cluster";
 * import { instrument } from "compute-cluster/otel";
 *
 * const cc = new ComputeCluster({ module: new URL("./worker.ts", import.meta.url) });
 * instrument(cc, { name: "images" });
 * ```
 *
 * @example In the worker's module, if it has an SDK too, so that its spans are children of the job's:
 * ```ts
 * import { instrumentWorker } from "compute-cluster/otel";
 *
 * instrumentWorker();
 * ```
 *
 * @module
 */

export { instrument } from "./src/otel/instrument.ts";
export type { InstrumentOptions, MeterProviderLike, TracerProviderLike } from "./src/otel/instrument.ts";
export { instrumentWorker } from "./src/otel/worker.ts";
