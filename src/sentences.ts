/**
 * The original's `info` and `debug` events: facts as sentences for developers. Their wording may change; machines use the
 * facts.
 *
 * @module
 */

import type { Isolation } from "./core/adapter.ts";
import type { Fact } from "./core/fact.ts";

/** A sentence, and which of the two events tells it. */
export interface Sentence {
  readonly event: "info" | "debug";
  readonly text: string;
}

/** The facts that are told as sentences. */
export const TOLD: Readonly<Partial<Record<Fact["type"], Sentence["event"]>>> = {
  "worker:starting": "info",
  "worker:exit": "info",
  "job:refused": "info",
  "closing": "info",
  "job:started": "debug",
  "job:settled": "debug",
};

/** The sentence for a fact, or null. */
export function sentence(fact: Fact, isolation: Isolation): Sentence | null {
  const event = TOLD[fact.type];
  const text = wording(fact, isolation);
  return event === undefined || text === null ? null : { event, text };
}

function wording(fact: Fact, isolation: Isolation): string | null {
  switch (fact.type) {
    case "worker:starting":
      return `spawned new worker ${isolation} (${fact.worker}) ${fact.workers}/${fact.limit} running`;
    case "worker:exit":
      return `compute ${isolation} (${fact.worker}) exits with code ${fact.code}${
        fact.signal === null ? "" : ` (${fact.signal})`
      }`;
    case "job:refused":
      return `job ${fact.job} refused: ${fact.code}`;
    case "closing":
      return `${fact.mode === "now" ? "exit" : "close"} called, shutting down ${fact.workers} workers`;
    case "job:started":
      return `passing compute job ${fact.job} to ${isolation} ${fact.worker}`;
    case "job:settled": {
      if (fact.worker === null) return null;
      const how = fact.ok ? "completed" : `failed (${fact.code ?? "as thrown"})`;
      return `${isolation} ${fact.worker} ${how} job ${fact.job} in ${(fact.ran / 1000).toFixed(2)}s`;
    }
    default:
      return null;
  }
}
