// An SDK in the worker, and what jobs see of their telemetry. The library is the built package: Node 20 takes no TypeScript here.
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { instrumentWorker } from "compute-cluster/otel";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
instrumentWorker();

/** Makes a span while time passes, and gives those that were exported for it, and the baggage. */
export const look = (ms) =>
  trace.getTracer("worker").startActiveSpan("work", async (span) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    span.end();
    const { traceId } = span.spanContext();
    const spans = exporter.getFinishedSpans()
      .filter((made) => made.spanContext().traceId === traceId)
      .map((made) => ({
        name: made.name,
        traceId,
        spanId: made.spanContext().spanId,
        parent: made.parentSpanContext?.spanId,
        state: made.parentSpanContext?.traceState?.serialize(),
      }));
    const baggage = Object.fromEntries(
      (propagation.getActiveBaggage()?.getAllEntries() ?? []).map(([key, { value }]) => [key, value]),
    );
    return { spans, baggage };
  });

export default (ms) => look(ms);
