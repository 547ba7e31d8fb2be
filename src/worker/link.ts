/**
 * The worker's end of the line to the host. Everything is taken hold of before the user's module runs, so that a module
 * that replaces `process.send` or `postMessage` replaces nothing of ours.
 *
 * @module
 */

import type { HostFrame, Init, WorkerFrame } from "../core/frame.ts";

/** What the rest of the bootstrap knows of the transport. */
export interface Link {
  /** What the host says first, for a transport to which it matters; `path` is the module's. */
  begin?(init: Init, path: string): void;
  /**
   * Sends a frame. Throws what the transport throws for a value that it can't carry.
   *
   * @param left Called once the frame has left the worker, before `post` returns if it has by then.
   */
  post(frame: WorkerFrame, transfer?: readonly object[], left?: () => void): void;
  /** Takes frames from the host. */
  listen(receive: (frame: HostFrame) => void): void;
  /** Whether waiting for the host keeps the worker alive; otherwise it ends when its module has nothing left to do. */
  hold(held: boolean): void;
  /** Ends the worker, after what was posted. */
  leave(code: number): void;
  /** What `process.disconnect()` does. */
  disconnect(): void;
}
