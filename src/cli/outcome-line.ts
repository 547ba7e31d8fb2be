/**
 * How an outcome is written: for machines as a line of JSON, for people as a sentence.
 *
 * @module
 */

import { inspect } from "node:util";
import { isOwnFault } from "../own-fault.ts";
import type { JobOutcome } from "./flow.ts";
import type { Job } from "./read-jobs.ts";
import { printable } from "./table.ts";

/** An answer as JSON, "" for undefined; throws for what JSON would lose. */
export function answerJson(value: unknown): string {
  return JSON.stringify(value, typeof value === "object" || typeof value === "bigint" ? whatJsonHas : undefined) ?? "";
}

/** `value` is what the `toJSON` of a Buffer or a Date has made of it. */
function whatJsonHas(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const what = lostIn(this[key]);
  if (what === null) return value;
  throw new TypeError(`the answer can't be written as JSON: ${key === "" ? "it" : JSON.stringify(key)} is ${what}`);
}

function lostIn(value: unknown): string | null {
  if (typeof value === "bigint") return "a BigInt";
  if (typeof value !== "object" || value === null) return null;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `binary (${value.constructor.name})`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : null;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || KNOWN.has(prototype)) return null;
  return `a ${prototype.constructor?.name ?? "thing of a class"}`;
}

/** JSON has what is made of these: the last three are as if they were not boxed. */
const KNOWN: ReadonlySet<object> = new Set([Object, Array, Number, String, Boolean].map(({ prototype }) => prototype));

/** The line of a job that has succeeded. @param json Its answer. */
export function successLine(job: Job, json: string): string {
  return json === "" ? `{"index":${job.index}}\n` : `{"index":${job.index},"value":${json}}\n`;
}

/** The line of a job that has failed. */
export function failureLine(job: Job, error: unknown): string {
  return `${JSON.stringify({ index: job.index, at: job.place, error: told(error) })}\n`;
}

function told(error: unknown): { name: string; message: string; code?: string | number } {
  if (!(error instanceof Error)) return { name: "Error", message: `not an Error was thrown: ${inWords(error)}` };
  const { name, message } = error;
  const { code } = error as { code?: unknown };
  return typeof code === "string" || typeof code === "number" ? { name, message, code } : { name, message };
}

/** Anything, also what no text can be made of. */
export function inWords(thrown: unknown): string {
  return typeof thrown === "string" ? thrown : inspect(thrown, { depth: 2, breakLength: Infinity });
}

/** A failure for people: where the job stands, what was thrown, and from where. */
export function failureSentence(job: Job, { error }: Extract<JobOutcome, { ok: false }>): string {
  const { name, message } = told(error);
  // What the cluster itself says has come from nowhere in the user's code.
  const from = job.ok && error instanceof Error && !isOwnFault(error) ? firstFrame(error) : "";
  return `${job.place}: ${name}: ${message}${from}`.split("\n").map(printable).join("\n");
}

function firstFrame({ stack }: Error): string {
  const frame = /^ +at .*$/m.exec(stack ?? "")?.[0];
  return frame ? `\n  ${frame.trim()}` : "";
}
