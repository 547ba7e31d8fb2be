/**
 * The line of a worker thread of `node:worker_threads`, on Node and Bun.
 *
 * @module
 */

import type { MessagePort, Transferable } from "node:worker_threads";
import type { HostFrame } from "../core/frame.ts";
import { refuseMoved, withOwnBytes } from "../wire/views.ts";
import type { Link } from "./link.ts";

/** Takes hold of the port to the host. */
export function threadLink(process: NodeJS.Process, port: MessagePort): Link {
  const post = port.postMessage.bind(port);
  const exit = process.exit.bind(process);
  // A job that can't be read can't be answered: the worker fails, and with it that job.
  port.on("messageerror", (error) => {
    throw error;
  });
  // The module cut the line: no answer can come any more.
  port.on("close", () => setImmediate(() => exit()));
  Object.defineProperty(process, "connected", { value: true, writable: true, configurable: true, enumerable: true });
  return {
    post(frame, transfer = [], left) {
      refuseMoved(transfer);
      post(withOwnBytes(frame, transfer), transfer as Transferable[]);
      left?.();
    },
    listen: (receive) => void port.on("message", (frame: HostFrame) => receive(frame)),
    hold: (held) => held ? port.ref() : port.unref(),
    leave: (code) => exit(code),
    disconnect: () => void setImmediate(() => exit()),
  };
}
