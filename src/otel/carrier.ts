/**
 * OpenTelemetry's context as a job carries it, and back. Not by the propagator of the program, which it may have set to write other
 * headers, or have none.
 *
 * @module
 */

import {
  type BaggageEntry,
  baggageEntryMetadataFromString,
  type Context,
  createTraceState,
  isSpanContextValid,
  propagation,
  trace,
} from "@opentelemetry/api";
import type { TraceContext } from "../core/trace.ts";

/** The longest baggage that W3C asks anyone to pass on, in characters. */
const LONGEST = 8_192;

/** The span and the baggage of a context, or null if it has no span that has a name. */
export function carrierOf(context: Context): TraceContext | null {
  const span = trace.getSpanContext(context);
  if (!span || !isSpanContextValid(span)) return null;
  const flags = (span.traceFlags & 0xff).toString(16).padStart(2, "0");
  return {
    traceparent: `00-${span.traceId}-${span.spanId}-${flags}`,
    tracestate: span.traceState?.serialize() || undefined,
    baggage: baggageText(context),
  };
}

/** A context with the span and the baggage that a job carries. */
export function contextWith(base: Context, { traceparent, tracestate, baggage }: TraceContext): Context {
  const [, traceId, spanId, flags] = traceparent.split("-") as [string, string, string, string];
  const span = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate ? { traceState: createTraceState(tracestate) } : {}),
  };
  const context = trace.setSpanContext(base, span);
  return baggage ? propagation.setBaggage(context, propagation.createBaggage(baggageEntries(baggage))) : context;
}

/** What would make it too long is left out. */
function baggageText(context: Context): string | undefined {
  let text = "";
  for (const [key, { value, metadata }] of propagation.getBaggage(context)?.getAllEntries() ?? []) {
    const properties = metadata ? `;${metadata.toString()}` : "";
    const member = `${text === "" ? "" : ","}${encoded(key)}=${encoded(value)}${properties}`;
    if (text.length + member.length <= LONGEST) text += member;
  }
  return text === "" ? undefined : text;
}

function baggageEntries(text: string): Record<string, BaggageEntry> {
  const entries: Record<string, BaggageEntry> = Object.create(null);
  for (const member of text.split(",")) {
    const [pair = "", ...properties] = member.split(";");
    const at = pair.indexOf("=");
    if (at < 1) continue;
    const metadata = properties.length === 0 ? {} : { metadata: baggageEntryMetadataFromString(properties.join(";")) };
    entries[decoded(pair.slice(0, at).trim())] = { value: decoded(pair.slice(at + 1).trim()), ...metadata };
  }
  return entries;
}

/** A surrogate without its other half can't be encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
}

/** What is no percent-encoding is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
