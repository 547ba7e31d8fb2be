/**
 * Jobs and answers as messages: what is said of them in headers, and their values as bodies.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { MsgHdrs } from "@nats-io/transport-node";
import type { TraceContext } from "../core/trace.ts";
import type { Client } from "./client.ts";
import { type Encoding, read } from "./values.ts";

/** A value: in the message, or where it is kept, if it is too large for one. */
export interface Body {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
  /** Its name in the bucket of its owner; null for one that is in the message. */
  readonly object: string | null;
}

/** What is to be told of a job while it is under way. */
export interface Wants {
  readonly progress: boolean;
  /** When it begins, and when it is given up by a host. */
  readonly steps: boolean;
}

/** A job, as it travels. */
export interface JobLetter {
  /** Its caller's name for it, or one made up. */
  readonly id: string;
  readonly task: string | null;
  /** The longest run in milliseconds, or Infinity. */
  readonly timeout: number;
  /** The version of the worker module that it is for, or null for any. */
  readonly version: string | null;
  readonly wants: Wants;
  readonly trace: TraceContext | null;
  /**
   * The number of an answer to an earlier job of the same name, which has failed or was given up: this job is to be run in spite of it.
   * 0 for none.
   */
  readonly over: number;
  readonly args: Body;
}

/** How a job ended: with a value, with what its handler threw, by a fault of its worker or host, or because nobody wanted it any more. */
export type Status = "value" | "thrown" | "failed" | "aborted";

/** An answer, as it travels. */
export interface AnswerLetter {
  readonly status: Status;
  /** The value; what was thrown, encoded; or what `failed` says of a fault. */
  readonly body: Body;
  /** The host that ran it; empty if none did. */
  readonly host: string;
  /** Which of its workers. */
  readonly worker: string;
  /** Runs so far, this one included; 0 if it never began. */
  readonly attempt: number;
  /** How long it ran, in milliseconds. */
  readonly ran: number;
  /** Its number among the answers that are kept; 0 where that is not said. */
  readonly number: number;
}

/**
 * What a host says of a job while it is under way: its answer, or that it is kept, being too large to be told; how far it is; that it has
 * begun, or was given back.
 */
export type Step = "answer" | "kept" | "progress" | "started" | "returned";

/** Writes a job's headers. */
export function jobHeaders(client: Client, letter: JobLetter): MsgHdrs {
  const headers = client.transport.headers();
  headers.set("cc-id", toHeader(letter.id));
  if (letter.task !== null) headers.set("cc-task", toHeader(letter.task));
  if (letter.timeout !== Infinity) headers.set("cc-timeout", String(letter.timeout));
  if (letter.version !== null) headers.set("cc-version", toHeader(letter.version));
  if (letter.wants.progress) headers.set("cc-progress", "1");
  if (letter.wants.steps) headers.set("cc-steps", "1");
  if (letter.over > 0) headers.set("cc-over", String(letter.over));
  const { traceparent, tracestate, baggage } = letter.trace ?? {};
  if (traceparent) headers.set("traceparent", traceparent);
  if (tracestate) headers.set("tracestate", tracestate);
  if (baggage) headers.set("baggage", baggage);
  setBody(headers, letter.args);
  return headers;
}

/** Reads a job. Throws for what is none. */
export function readJob(headers: MsgHdrs | undefined, bytes: Uint8Array): JobLetter {
  if (!headers) throw new TypeError("a message without headers is no job");
  return {
    id: fromHeader(headers.get("cc-id")),
    task: text(headers, "cc-task"),
    timeout: Number(headers.get("cc-timeout")) || Infinity,
    version: text(headers, "cc-version"),
    wants: { progress: headers.has("cc-progress"), steps: headers.has("cc-steps") },
    trace: trace(headers),
    over: Number(headers.get("cc-over")) || 0,
    args: body(headers, bytes),
  };
}

function trace(headers: MsgHdrs): TraceContext | null {
  const [traceparent, tracestate, baggage] = ["traceparent", "tracestate", "baggage"].map((name) => headers.get(name));
  if (!traceparent) return null;
  return { traceparent, ...tracestate ? { tracestate } : {}, ...baggage ? { baggage } : {} };
}

/** How many bytes headers take in a message, more or less. */
export function sizeOf(headers: MsgHdrs): number {
  let size = 0;
  for (const [name, values] of headers) for (const value of values) size += name.length + 4 + Buffer.byteLength(value);
  return size;
}

/** Writes an answer's headers. */
export function answerHeaders(client: Client, answer: AnswerLetter): MsgHdrs {
  const headers = client.transport.headers();
  headers.set("cc-status", answer.status);
  headers.set("cc-host", answer.host);
  headers.set("cc-worker", answer.worker);
  headers.set("cc-attempt", String(answer.attempt));
  headers.set("cc-ran", answer.ran.toFixed(3));
  setBody(headers, answer.body);
  return headers;
}

/** Reads an answer. Throws for what is none. */
export function readAnswer(headers: MsgHdrs | undefined, bytes: Uint8Array): AnswerLetter {
  const status = headers?.get("cc-status");
  if (!headers || !isStatus(status)) throw new TypeError("a message without a status is no answer");
  return {
    status,
    host: headers.get("cc-host"),
    worker: headers.get("cc-worker"),
    attempt: Number(headers.get("cc-attempt")) || 0,
    ran: Number(headers.get("cc-ran")) || 0,
    number: Number(headers.get("cc-number")) || 0,
    body: body(headers, bytes),
  };
}

/** Whether an answer is none to a later job of the same name, which is run again. */
export function isVoid({ status }: Pick<AnswerLetter, "status">): boolean {
  return status === "failed" || status === "aborted";
}

/** Writes the headers of what is said of a job while it is under way: of its progress, which is the body. */
export function liveHeaders(client: Client, step: Step, body: Body): MsgHdrs {
  const headers = client.transport.headers();
  headers.set("cc-live", step);
  setBody(headers, body);
  return headers;
}

/** The value of a message's body. */
export function readValue(headers: MsgHdrs | undefined, bytes: Uint8Array): unknown {
  if (!headers) throw new TypeError("a message without headers has no value");
  return read(body(headers, bytes));
}

function isStatus(status: string | undefined): status is Status {
  return status === "value" || status === "thrown" || status === "failed" || status === "aborted";
}

/** Says what a message has for a body, or where that is. */
export function setBody(headers: MsgHdrs, { encoding, object }: Body): void {
  headers.set("cc-encoding", encoding);
  if (object !== null) headers.set("cc-object", object);
}

function body(headers: MsgHdrs, bytes: Uint8Array): Body {
  const encoding = headers.get("cc-encoding");
  if (encoding !== "undefined" && encoding !== "json" && encoding !== "rich") {
    throw new TypeError(`there is no encoding ${JSON.stringify(encoding)}`);
  }
  return { encoding, bytes, object: headers.get("cc-object") || null };
}

function text(headers: MsgHdrs, name: string): string | null {
  const value = headers.get(name);
  return value === "" ? null : fromHeader(value);
}

/** Any text as the value of a header, which has ASCII only. */
function toHeader(text: string): string {
  return JSON.stringify(text).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function fromHeader(value: string): string {
  return String(JSON.parse(value));
}
