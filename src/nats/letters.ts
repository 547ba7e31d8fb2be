/**
 * Jobs and answers as messages: what is said of them in headers, and their values as bodies.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Msg, MsgHdrs } from "@nats-io/transport-node";
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
export type Step = typeof STEPS[number];

const STEPS = ["answer", "kept", "progress", "started", "returned"] as const;

/**
 * The headers that say what a job and an answer are: one each, with JSON. The client takes 1 KB of memory for every header that it writes
 * or reads, which was a quarter of what a job left behind in its host.
 */
const JOB = "cc-job";
const ANSWER = "cc-answer";
/** A step, and for an answer its number. */
const LIVE = "cc-live";

/** Writes a job's headers. */
export function jobHeaders(client: Client, letter: JobLetter): MsgHdrs {
  const { id, task, timeout, version, wants, over, args } = letter;
  const headers = client.transport.headers();
  headers.append(
    JOB,
    toHeader({
      id,
      task: task ?? undefined,
      timeout: timeout === Infinity ? undefined : timeout,
      version: version ?? undefined,
      progress: wants.progress || undefined,
      steps: wants.steps || undefined,
      over: over || undefined,
      ...bodyFacts(args),
    }),
  );
  const { traceparent, tracestate, baggage } = letter.trace ?? {};
  if (traceparent) headers.append("traceparent", traceparent);
  if (tracestate) headers.append("tracestate", tracestate);
  if (baggage) headers.append("baggage", baggage);
  return headers;
}

/** The headers of a job that is put back: all that whoever enqueued it has written, and that it is to be run in spite of an answer. */
export function headersAgain(client: Client, headers: MsgHdrs, over: number): MsgHdrs {
  const again = client.transport.headers();
  for (const [name, values] of headers) {
    if (!ADDED.test(name)) {
      for (const value of values) again.append(name, value);
    }
  }
  again.set(JOB, toHeader({ ...factsIn(headers, JOB), over: over || undefined }));
  return again;
}

/** What the broker adds, and who sets a job aside. */
const ADDED = /^(?:nats-.*|cc-subject|cc-deliveries)$/i;

/** Reads a job. Throws for what is none. */
export function readJob(headers: MsgHdrs | undefined, bytes: Uint8Array): JobLetter {
  const facts = factsIn(headers, JOB);
  const id = text(facts["id"]);
  if (id === null) throw new TypeError("a message without an id is no job");
  return {
    id,
    task: text(facts["task"]),
    timeout: number(facts["timeout"]) || Infinity,
    version: text(facts["version"]),
    wants: { progress: facts["progress"] === true, steps: facts["steps"] === true },
    trace: trace(headers as MsgHdrs),
    over: number(facts["over"]),
    args: body(facts, bytes),
  };
}

function trace(headers: MsgHdrs): TraceContext | null {
  const traceparent = headers.get("traceparent");
  if (!traceparent) return null;
  const [tracestate, baggage] = ["tracestate", "baggage"].map((name) => headers.get(name));
  return { traceparent, ...tracestate ? { tracestate } : {}, ...baggage ? { baggage } : {} };
}

/**
 * The headers of a message: none, also if they can't be read. The client reads them when it is asked for them, throws for a name that may
 * not be, and hears nothing more of the connection then, until its pings are not answered (nats-core 3.4.0).
 */
export function headersOf(message: Msg): MsgHdrs | undefined {
  try {
    return message.headers;
  } catch {
    return undefined;
  }
}

/** How many bytes headers take in a message, more or less. */
export function sizeOf(headers: MsgHdrs): number {
  let size = 0;
  for (const [name, values] of headers) for (const value of values) size += name.length + 4 + Buffer.byteLength(value);
  return size;
}

/** Writes an answer's headers. */
export function answerHeaders(client: Client, { status, host, worker, attempt, ran, body }: AnswerLetter): MsgHdrs {
  const headers = client.transport.headers();
  const facts = { status, host, worker, attempt, ran: Math.round(ran * 1000) / 1000, ...bodyFacts(body) };
  headers.append(ANSWER, toHeader(facts));
  return headers;
}

/** Reads an answer. Throws for what is none. */
export function readAnswer(headers: MsgHdrs | undefined, bytes: Uint8Array): AnswerLetter {
  const facts = factsIn(headers, ANSWER);
  const status = facts["status"];
  if (!isStatus(status)) throw new TypeError("a message without a status is no answer");
  return {
    status,
    host: text(facts["host"]) ?? "",
    worker: text(facts["worker"]) ?? "",
    attempt: number(facts["attempt"]),
    ran: number(facts["ran"]),
    number: number(Number(headers?.get(LIVE).split(" ")[1])),
    body: body(facts, bytes),
  };
}

/** Whether an answer is none to a later job of the same name, which is run again. */
export function isVoid({ status }: Pick<AnswerLetter, "status">): boolean {
  return status === "failed" || status === "aborted";
}

/** Writes the headers of a value that is told of a job while it is under way: of its progress. */
export function progressHeaders(client: Client, value: Body): MsgHdrs {
  const headers = client.transport.headers();
  headers.append(ANSWER, toHeader(bodyFacts(value)));
  setStep(headers, "progress");
  return headers;
}

/** Makes headers those of something that is said of a job while it is under way; `number`: of an answer that is kept. */
export function setStep(headers: MsgHdrs, step: Step, number = 0): void {
  headers.set(LIVE, number > 0 ? `${step} ${number}` : step);
}

/** What is said of a job while it is under way; null for what is no word of ours. */
export function stepIn(headers: MsgHdrs): Step | null {
  const [step] = headers.get(LIVE).split(" ");
  return STEPS.find((known) => known === step) ?? null;
}

/** The value of a message's body. */
export function readValue(headers: MsgHdrs | undefined, bytes: Uint8Array): unknown {
  return read(body(factsIn(headers, ANSWER), bytes));
}

function isStatus(status: unknown): status is Status {
  return status === "value" || status === "thrown" || status === "failed" || status === "aborted";
}

/** What a message has for a body, or where that is. */
function bodyFacts({ encoding, object }: Body): { encoding: Encoding; object: string | undefined } {
  return { encoding, object: object ?? undefined };
}

function body(facts: Facts, bytes: Uint8Array): Body {
  const encoding = facts["encoding"];
  if (encoding !== "undefined" && encoding !== "json" && encoding !== "rich") {
    throw new TypeError(`there is no encoding ${JSON.stringify(encoding)}`);
  }
  return { encoding, bytes, object: text(facts["object"]) || null };
}

/** What a header says, whoever wrote it. */
type Facts = Readonly<Record<string, unknown>>;

function factsIn(headers: MsgHdrs | undefined, name: string): Facts {
  const facts: unknown = JSON.parse(headers?.get(name) || "null");
  if (typeof facts !== "object" || facts === null) throw new TypeError(`a message without ${name} is none of ours`);
  return facts as Facts;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** 0 for what is none that can be. */
function number(value: unknown): number {
  return typeof value === "number" && value >= 0 && value < Infinity ? value : 0;
}

/** As the value of a header, which has ASCII only. */
function toHeader(facts: Facts): string {
  return JSON.stringify(facts).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
