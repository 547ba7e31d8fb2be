/**
 * Waits that end when everything is to end.
 *
 * @module
 */

/** Settles as `wait` does, or resolves so many milliseconds after the signal. */
export function untilHalted(wait: Promise<void>, signal: AbortSignal, grace: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const halt = (): void => {
      timer = setTimeout(resolve, grace);
    };
    const settled = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", halt);
    };
    if (signal.aborted) halt();
    else signal.addEventListener("abort", halt, { once: true });
    wait.finally(settled).then(resolve, reject);
  });
}
