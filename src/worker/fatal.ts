/**
 * Reports the error that is about to end the worker, with its stack, before it does. The runtime still does what it does
 * with such an error: print it and end with code 1.
 *
 * @module
 */

/** The events of Deno's global scope. */
interface ErrorEvents {
  addEventListener(
    type: "error",
    listener: (event: { error?: unknown; message: string; preventDefault(): void }) => void,
  ): void;
  addEventListener(
    type: "unhandledrejection",
    listener: (event: { reason: unknown; preventDefault(): void }) => void,
  ): void;
}

/** For Node and Bun: the monitor hears of the error and changes nothing. The module may have a handler that saves it. */
export function reportFatal(process: NodeJS.Process, report: (error: unknown) => void): void {
  process.on("uncaughtExceptionMonitor", (error) => {
    if (process.listenerCount("uncaughtException") === 0) report(error);
  });
}

/**
 * For Bun, where the monitor does not hear of unhandled rejections (1.4.5). Thrown, it does, but the worker then lives on
 * until nothing is left to do, and would get jobs meanwhile: it is ended here, unless the module has a say.
 */
export function endOnRejections(process: NodeJS.Process, end: (reason: unknown) => void): void {
  process.on("unhandledRejection", (reason) => {
    if (process.listenerCount("unhandledRejection") > 1) return;
    if (process.listenerCount("uncaughtException") > 0) throw reason;
    end(reason);
  });
}

/**
 * For Deno, which has no monitor (2.9.6).
 *
 * @param end Ends a worker thread: there the event must be prevented, or Deno would end the host's process
 * (https://github.com/denoland/deno/issues/12221). Null in a process, which ends by itself.
 */
export function reportFatalInDeno(
  process: NodeJS.Process,
  scope: ErrorEvents,
  report: (error: unknown) => void,
  end: ((error: unknown) => void) | null,
): void {
  /** Whoever listens to exceptions has rejections that nobody else does. In a process Deno sees to it itself. */
  const saved = (error: unknown, handled: "uncaughtException" | "unhandledRejection", prevent: () => void): void => {
    if (!end) return;
    prevent();
    (process.emit as (...of: unknown[]) => boolean).call(process, "uncaughtException", error, handled);
  };
  const fatal = (error: unknown, handled: "uncaughtException" | "unhandledRejection", prevent: () => void): void => {
    if (process.listenerCount(handled) > 0) return;
    if (process.listenerCount("uncaughtException") > 0) return saved(error, handled, prevent);
    report(error);
    if (!end) return;
    prevent();
    end(error);
  };
  scope.addEventListener("error", (event) => {
    fatal(event.error ?? new Error(event.message), "uncaughtException", () => event.preventDefault());
  });
  scope.addEventListener("unhandledrejection", (event) => {
    fatal(event.reason, "unhandledRejection", () => event.preventDefault());
  });
}
