/**
 * Messages of the module that answer no job.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Counts them. */
export class Strays {
  readonly #tell: (count: number) => void;
  #count = 0;
  #warned = false;

  /** @param tell Tells the host of so many. */
  constructor(tell: (count: number) => void) {
    this.#tell = tell;
  }

  /** One more. Told together, once the running code has returned: a module may send a million. */
  add(): void {
    if (++this.#count > 1) return;
    setImmediate(() => {
      const count = this.#count;
      this.#count = 0;
      this.#tell(count);
    });
  }

  /**
   * Once per worker: a module that answers from something that outlives a job (a timer or a connection that the first job
   * made) would otherwise wait for ever, and nobody would know why. Its message is not taken for the answer of the job that
   * runs: it may as well be a second answer of the first.
   */
  warn(job: string): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(
      `a message was dropped: process.send was called by what job ${job} had started, after that job was answered, while ` +
        "another job runs. If it is to answer that one, make what it comes from (a timer, a connection) when the module " +
        "loads, not inside of a job.",
      "ComputeClusterWarning",
    );
  }
}
