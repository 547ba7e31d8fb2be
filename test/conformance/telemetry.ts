/** OpenTelemetry's SDK as a program sets it up, with everything kept in memory. */

import { context, metrics, trace, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** A point of a metric: what it says, and of what. */
export interface Point {
  readonly value: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A program's SDK. */
export class Telemetry {
  readonly tracerProvider: BasicTracerProvider;
  readonly meterProvider: MeterProvider;
  readonly tracer: Tracer;
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#metrics, exportIntervalMillis: 3_600_000 });

  constructor(sampler?: Sampler) {
    const spanProcessors = [new SimpleSpanProcessor(this.#spans)];
    this.tracerProvider = new BasicTracerProvider({ spanProcessors, ...(sampler ? { sampler } : {}) });
    this.meterProvider = new MeterProvider({ readers: [this.#reader] });
    this.tracer = this.tracerProvider.getTracer("program");
    trace.setGlobalTracerProvider(this.tracerProvider);
    metrics.setGlobalMeterProvider(this.meterProvider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }

  /** What was exported, by when it began. */
  get spans(): ReadableSpan[] {
    return this.#spans.getFinishedSpans();
  }

  /** Those of this name. */
  named(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** The spans that are children of this one. */
  childrenOf(parent: ReadableSpan, name?: string): ReadableSpan[] {
    return this.spans.filter((span) =>
      span.parentSpanContext?.spanId === parent.spanContext().spanId && (name === undefined || span.name === name)
    );
  }

  /** The points of each metric. */
  async metrics(): Promise<Record<string, Point[]>> {
    this.#metrics.reset();
    await this.#reader.forceFlush();
    const found: Record<string, Point[]> = {};
    for (const { scopeMetrics } of this.#metrics.getMetrics()) {
      for (const { metrics: all } of scopeMetrics) {
        for (const { descriptor, dataPoints } of all) {
          found[descriptor.name] = dataPoints.map(({ value, attributes }) => ({ value, attributes }));
        }
      }
    }
    return found;
  }

  /** Leaves nothing registered. */
  async end(): Promise<void> {
    trace.disable();
    metrics.disable();
    context.disable();
    await this.tracerProvider.shutdown();
    await this.meterProvider.shutdown();
  }
}

/** Milliseconds of a span's time. */
export function millis([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1000 + nanos / 1e6;
}
