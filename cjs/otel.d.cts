import type * as esm from "../otel.js" with { "resolution-mode": "import" };

export declare const instrument: typeof esm.instrument;
export declare const instrumentWorker: typeof esm.instrumentWorker;
export type InstrumentOptions = esm.InstrumentOptions;
export type MeterProviderLike = esm.MeterProviderLike;
export type TracerProviderLike = esm.TracerProviderLike;
