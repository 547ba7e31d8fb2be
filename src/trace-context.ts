/**
 * Checks the `trace` of a job.
 *
 * @module
 */

import type { TraceContext } from "./core/trace.ts";
import * as check from "./validate.ts";

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[\x21-\x7e]*)?$/;

const RULE = 'as W3C says, such as "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"';

/** What a header may have in it. */
const HEADER = /^[\t\x20-\x7e]*$/;

/** The longest that W3C asks anyone to pass on, in characters. */
const LONGEST = 8_192;

const NAMES = ["traceparent", "tracestate", "baggage"] as const;

/** @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`. */
export function traceContext(value: unknown): TraceContext {
  const { traceparent, tracestate, baggage } = check.ownOptions(value, "trace", NAMES);
  if (typeof traceparent !== "string") throw check.wrongType("trace.traceparent", RULE, traceparent);
  if (!isTraceparent(traceparent)) throw check.outOfRange("trace.traceparent", RULE, traceparent);
  return {
    traceparent,
    tracestate: tracestate === undefined ? undefined : header("trace.tracestate", tracestate),
    baggage: baggage === undefined ? undefined : header("trace.baggage", baggage),
  };
}

/** What a tracer says is to be carried, or null. @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`. */
export function carriedTrace(value: TraceContext | null | undefined): TraceContext | null {
  if (value === null || value === undefined) return null;
  const { traceparent, tracestate, baggage } = value;
  if (typeof traceparent !== "string") throw check.wrongType("carrier().traceparent", RULE, traceparent);
  return {
    traceparent,
    tracestate: text("carrier().tracestate", tracestate),
    baggage: text("carrier().baggage", baggage),
  };
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw check.wrongType(name, "a string", value);
}

/** Version 00 ends with the flags; a later one may go on after another dash. Neither id is all zeros, and no version is ff. */
function isTraceparent(text: string): boolean {
  const [, version, trace, span, more] = TRACEPARENT.exec(text) ?? [];
  if (trace === undefined || span === undefined || version === "ff") return false;
  return /[^0]/.test(trace) && /[^0]/.test(span) && (version !== "00" || more === undefined);
}

function header(name: string, value: unknown): string {
  if (typeof value !== "string") throw check.wrongType(name, "a string", value);
  if (HEADER.test(value) && value.length <= LONGEST) return value;
  throw check.outOfRange(name, `the text of a header, of ${LONGEST} characters at most`, value);
}
