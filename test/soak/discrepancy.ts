/** What the soak checks; each is one line of its result. */
export const CHECKS = [
  "answers",
  "runs",
  "reasons",
  "stats",
  "end",
  "children",
  "listeners",
  "descriptors",
  "threads",
  "memory",
  "worker-memory",
] as const;

export type Check = (typeof CHECKS)[number];

/** Something is not as it must be. */
export class Discrepancy extends Error {
  readonly check: Check;

  constructor(check: Check, message: string) {
    super(message);
    this.check = check;
  }
}
