/**
 * The program's side of telemetry.
 *
 * @module
 */

import { type Attributes, context, type Meter, metrics, trace, type Tracer } from "@opentelemetry/api";
import type { ComputeCluster } from "../cluster.ts";
import type { Fact } from "../core/fact.ts";
import type { Tracer as Follows } from "../following.ts";
import * as check from "../validate.ts";
import { CLUSTER, ISOLATION, TASK } from "./attributes.ts";
import { contextWith } from "./carrier.ts";
import { JobSpans } from "./job-spans.ts";
import { Metrics } from "./metrics.ts";

/** What is used of a `TracerProvider` of OpenTelemetry's. */
export interface TracerProviderLike {
  /** The `Tracer` of this name. */
  getTracer(name: string): object;
}

/** What is used of a `MeterProvider` of OpenTelemetry's. */
export interface MeterProviderLike {
  /** The `Meter` of this name. */
  getMeter(name: string): object;
}

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /**
   * Tells the clusters of a program apart, as the attribute `compute_cluster.name`.
   *
   * @default "default"
   */
  name?: string | undefined;
  /**
   * Where spans go.
   *
   * @default the provider that the SDK has registered
   */
  tracerProvider?: TracerProviderLike | undefined;
  /**
   * Where metrics go.
   *
   * @default the provider that the SDK has registered by now
   */
  meterProvider?: MeterProviderLike | undefined;
}

const SCOPE = "compute-cluster";

const NAMES = ["name", "tracerProvider", "meterProvider"] as const;

/**
 * Makes a span for each job that is enqueued from now on, with spans for its waiting and for each of its runs, and keeps metrics. The
 * parent is the span that is active where the job is enqueued, or the `trace` that it is given there. The span of a run crosses into
 * the worker.
 *
 * To be called once for a cluster, when the program has set up its SDK.
 *
 * @returns what ends it; jobs under way are followed to their end.
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`; also for a cluster that has a `tracer`.
 *
 * @example
 * ```ts
 * import { ComputeCluster } from "compute-cluster";
 * import { instrument } from "compute-cluster/otel";
 *
 * const cc = new ComputeCluster({ module: new URL("./worker.ts", import.meta.url) });
 * const end = instrument(cc, { name: "images" });
 * ```
 */
export function instrument<M>(cluster: ComputeCluster<M>, options?: InstrumentOptions): () => void {
  const { name, tracer, meter } = checked(options);
  if (cluster.tracer !== null) throw check.wrongType("cluster", "one without a tracer", cluster);
  const attributes = { [CLUSTER]: name, [ISOLATION]: cluster.stats().isolation };
  const measures = new Metrics(meter, attributes, () => cluster.stats());
  const follows = follower(tracer, measures, attributes);
  const exited = (fact: Extract<Fact, { type: "worker:exit" }>): void => measures.exited(fact);
  const closed = (): void => measures.endGauges();
  cluster.tracer = follows;
  cluster.on("worker:exit", exited);
  cluster.on("close", closed);
  return () => {
    if (cluster.tracer === follows) cluster.tracer = null;
    cluster.off("worker:exit", exited);
    cluster.off("close", closed);
    measures.endGauges();
  };
}

/** In the context of whoever enqueues a job. */
function follower(tracer: Tracer, measures: Metrics, attributes: Attributes): Follows {
  return {
    follow({ task, trace: given }) {
      const active = context.active();
      const parent = given ? contextWith(active, given) : active;
      const name = task ?? "default";
      const spans = new JobSpans(tracer, parent, name, { ...attributes, [TASK]: name });
      return {
        carrier: () => spans.carrier(),
        tell(fact) {
          measures.tell(fact, spans.context);
          spans.tell(fact);
        },
      };
    },
  };
}

function checked(options: unknown): { name: string; tracer: Tracer; meter: Meter } {
  const given = options === undefined ? {} : check.ownOptions(options, "options", NAMES);
  const { name = "default", tracerProvider = trace, meterProvider = metrics } = given;
  return {
    name: check.text("name", name),
    tracer: provider<TracerProviderLike>("tracerProvider", tracerProvider, "getTracer").getTracer(SCOPE) as Tracer,
    meter: provider<MeterProviderLike>("meterProvider", meterProvider, "getMeter").getMeter(SCOPE) as Meter,
  };
}

function provider<P>(name: string, value: unknown, method: keyof P & string): P {
  const has = typeof value === "object" && value !== null && typeof (value as P)[method] === "function";
  if (!has) throw check.wrongType(name, `an object with the method ${method}`, value);
  return value as P;
}
