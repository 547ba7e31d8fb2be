/**
 * What signals ask for: first to finish, then to stop, then to be gone.
 *
 * @module
 */

import process from "node:process";
import { exitOfSignal } from "./exit-code.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Hears signals until it is told not to. */
export class Interrupts {
  readonly #drain: (signal: NodeJS.Signals) => void;
  readonly #stop: () => void;
  readonly #listener = (signal: NodeJS.Signals): void => this.#hear(signal);
  #first: NodeJS.Signals | null = null;
  #count = 0;

  /**
   * @param drain Called once, with the first signal.
   * @param stop Called once, with the second. The third ends the program, whatever it does: as the signal does by itself, since Node
   * waits at an exit for what its pool is at, such as the opening of a pipe that nobody reads (20.20).
   */
  constructor(drain: (signal: NodeJS.Signals) => void, stop: () => void) {
    this.#drain = drain;
    this.#stop = stop;
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** The exit code that the signals ask for, or null if there was none. */
  get exitCode(): number | null {
    return this.#first === null ? null : exitOfSignal(this.#first);
  }

  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }

  #hear(signal: NodeJS.Signals): void {
    this.#first ??= signal;
    this.#count++;
    if (this.#count === 1) this.#drain(signal);
    else if (this.#count === 2) this.#stop();
    else {
      this.end();
      process.kill(process.pid, signal);
    }
  }
}
