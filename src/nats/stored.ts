/**
 * Answers where they are kept. Only hosts and the job's owner may write there; yet any user of the broker can name a place as the one for
 * a reply, and the broker itself writes there what it replies: its own words, or a message that it was asked for. Neither is an answer.
 *
 * @module
 */

import { isMissing } from "./faults.ts";
import { type AnswerLetter, readAnswer } from "./letters.ts";
import type { Broker } from "./link.ts";
import type { Names } from "./names.ts";

/** What is kept for a job. */
export interface Stored {
  readonly sequence: number;
  /** Null for what is none: it is to be deleted by a host. */
  readonly answer: AnswerLetter | null;
}

/** Looks for a job's answer; null if nothing is there. */
export async function findStored({ jsm }: Pick<Broker, "jsm">, names: Names, address: string): Promise<Stored | null> {
  const found = await jsm.direct.getMessage(names.answers, { last_by_subj: names.answer(address) });
  if (found === null) return null;
  const { header, data } = found;
  const sequence = Number(header.values("Nats-Sequence").at(-1));
  // The broker adds the subject when it is asked for a message. What had one before was passed on by it.
  if (header.values("Nats-Subject").length > 1) return { sequence, answer: null };
  try {
    return { sequence, answer: readAnswer(header, data) };
  } catch {
    return { sequence, answer: null };
  }
}

/** Deletes a message of a stream. Somebody else may have done it. */
export async function forgetStored({ jsm }: Pick<Broker, "jsm">, stream: string, sequence: number): Promise<void> {
  try {
    await jsm.streams.deleteMessage(stream, sequence, false);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
