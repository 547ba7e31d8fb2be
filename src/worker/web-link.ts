/**
 * The line of a Deno `Worker`. Deno tells the host neither that a worker has ended nor with which code, so every way out is
 * patched to say so first; what was posted before is still delivered.
 *
 * @module
 */

import type { HostFrame } from "../core/frame.ts";
import { withOwnBytes } from "../wire/views.ts";
import type { Link } from "./link.ts";

/** What the global scope of a Deno `Worker` has. */
interface WorkerScope {
  postMessage(message: unknown, transfer?: readonly object[]): void;
  close(): void;
  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void;
}

interface DenoRuntime {
  exit(code?: number): never;
}

/** Takes hold of the scope's `postMessage`, and of the ways out. */
export function webLink(process: NodeJS.Process, scope: WorkerScope, deno: DenoRuntime): Link {
  const post = scope.postMessage.bind(scope);
  const close = scope.close.bind(scope);
  const denoExit = deno.exit.bind(deno);
  let state: "here" | "leaving" | "gone" = "here";

  /** Says that the worker leaves; whatever comes after is nobody's. A listener may end it with another code, or throw. */
  const leave = (code: number): void => {
    if (state !== "here") return tell(code);
    state = "leaving";
    try {
      process.emit("exit", code);
    } finally {
      tell(code);
    }
  };
  const tell = (code: number): void => {
    if (state === "gone") return;
    state = "gone";
    post({ type: "left", code });
    close();
  };
  const codeOr = (code: unknown): number => Number(code ?? process.exitCode ?? 0);

  // `process.exit` ends in `Deno.exit`, which must not return: the worker is gone by then, or throws on.
  deno.exit = (code): never => {
    leave(codeOr(code));
    return denoExit(codeOr(code));
  };
  replace(process, "exit", (code?: unknown): never => {
    leave(codeOr(code));
    return denoExit(codeOr(code));
  });
  replace(process, "abort", () => leave(134));
  scope.close = () => leave(codeOr(undefined));
  // The built-in getters throw ERR_WORKER_UNSUPPORTED_OPERATION.
  Object.defineProperty(process, "connected", { get: () => state === "here", configurable: true, enumerable: true });
  Object.defineProperty(process, "channel", { get: () => undefined, configurable: true, enumerable: true });

  return {
    post(frame, transfer = [], left) {
      post(withOwnBytes(frame, transfer), transfer);
      left?.();
    },
    listen: (receive) => scope.addEventListener("message", (event) => receive(event.data as HostFrame)),
    // A Deno `Worker` lives until it is closed.
    hold: () => {},
    leave,
    disconnect: () => void setImmediate(() => leave(codeOr(undefined))),
  };
}

function replace(process: NodeJS.Process, name: string, value: unknown): void {
  Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: true });
}
