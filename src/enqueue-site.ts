/**
 * Tells where a job was enqueued: an error that was thrown in a worker shows by itself only where in the worker.
 *
 * @module
 */

/** A call of `enqueue`, as the stack was then. Formatted only if the job fails: capturing alone costs about a microsecond. */
export class EnqueueSite {
  readonly #trace: Error;

  /** To be made by `enqueue` itself: its own frame is left out. */
  constructor() {
    // The frames of this constructor and of `enqueue` are dropped below.
    this.#trace = new Error();
  }

  /**
   * Adds the place to an error's stack, below the worker's frames, in the form of one more caller.
   *
   * @param frames Whether the error's own frames tell anything: those of the cluster's timers and sockets don't.
   */
  addTo(error: unknown, job: string, frames: boolean): void {
    if (!(error instanceof Error)) return;
    try {
      this.#add(error, job, frames);
    } catch {
      // An error that can't be changed, or a hook of the program's that throws: the job's end is not to depend on it.
    }
  }

  #add(error: Error, job: string, frames: boolean): void {
    const site = lines(this.#trace).slice(2);
    if (site.length === 0) return;
    const own = typeof error.stack === "string" ? error.stack.split("\n") : [`${error.name}: ${error.message}`];
    const kept = frames ? own : own.filter((line) => !FRAME.test(line));
    const stack = [...kept, `    at enqueue (job ${job})`, ...site].join("\n");
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true, enumerable: false });
  }
}

const FRAME = /^\s+at /;

function lines({ stack }: Error): string[] {
  // A `prepareStackTrace` of the program's may make anything of it.
  return typeof stack === "string" ? stack.split("\n").filter((line) => FRAME.test(line)) : [];
}
