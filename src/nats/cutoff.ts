/**
 * What ends one run from outside, wherever it is.
 *
 * @module
 */

import type { JobHandle, Outcome } from "../core/engine.ts";
import type { Cut } from "./ended.ts";

/** What the cluster gives for a run that was ended so. */
export class CutShort extends Error {
  readonly cut: Cut;

  constructor(cut: Cut) {
    super(`the run was cut short: ${cut}`);
    this.cut = cut;
  }
}

/** Of one run. */
export class Cutoff {
  #before: CutShort | null = null;
  #job: JobHandle | null = null;

  /** Ends the run; one that only waits no longer than it does. What was said first counts. */
  end(cut: Cut): void {
    if (this.#job === null) this.#before ??= new CutShort(cut);
    else if (cut === "waits") this.#job.takeBack(new CutShort(cut));
    else this.#job.cancel(new CutShort(cut));
  }

  /** Submits the job, if it is not to end before. Rejects with what that throws, or the job has failed with. */
  run(submit: (done: (outcome: Outcome) => void) => JobHandle): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#before) return reject(this.#before);
      this.#job = submit((outcome) => outcome.ok ? resolve(outcome.value) : reject(outcome.error));
    });
  }
}
