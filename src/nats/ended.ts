/**
 * How the run of a job on a host ended, and what is answered then.
 *
 * @module
 */

import type { ClusterError } from "../core/errors.ts";
import { isOwnFault } from "../own-fault.ts";
import { notCloneable } from "../wire/cloneable.ts";
import { sendThrown } from "../wire/error-codec.ts";
import { writeFailure } from "./failures.ts";
import type { Status } from "./letters.ts";
import { write, type Written } from "./values.ts";

/** Why a run is ended from outside. */
export type Cut = "withdrawn" | "lost" | "waits";

/** It has an answer. */
export interface Answered {
  readonly how: "answered";
  readonly status: Status;
  readonly written: Written;
}

/** How a run ended. */
export type Ended =
  | Answered
  /** As the last: its hosts were lost. */
  | { readonly how: "poisoned"; readonly status: Status; readonly written: Written }
  /** Nobody wants an answer. */
  | { readonly how: "withdrawn" }
  /** Another host has it by now. */
  | { readonly how: "lost" }
  /** Another host is to have it. `lost`: it counts as if this one had been lost. */
  | { readonly how: "given back"; readonly lost: boolean };

/** Of one that was ended from outside. */
export function cutOff(cut: Cut): Ended {
  return cut === "waits" ? { how: "given back", lost: false } : { how: cut };
}

/** Of one that has given a value. */
export function answered(value: unknown): Ended {
  try {
    return { how: "answered", status: "value", written: write(value) };
  } catch (cause) {
    return failed(notCloneable({ what: "the answer", value, root: "answer", format: "advanced", cause }));
  }
}

/** Of one that has thrown. */
export function thrown(error: unknown): Ended {
  if (isOwnFault(error)) return failed(error);
  let written: Written | null = null;
  sendThrown(error, "advanced", (encoded) => written = write(encoded));
  return { how: "answered", status: "thrown", written: written as unknown as Written };
}

/** Of one that a fault has ended. */
export function failed(error: ClusterError): Answered {
  return { how: "answered", status: "failed", written: write(writeFailure(error)) };
}
