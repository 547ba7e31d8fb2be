/**
 * The line of a worker process on Bun and Deno: the runtime's own IPC channel.
 *
 * @module
 */

import { serialize } from "node:v8";
import type { HostFrame, Init } from "../core/frame.ts";
import { withOwnBytes } from "../wire/views.ts";
import type { Link } from "./link.ts";
import { takeTitle } from "./terminal.ts";

/** The channel, where the runtime shows it; Bun's has neither method. */
interface Channel {
  ref?(): void;
  unref?(): void;
}

/**
 * Takes hold of the channel of this process.
 *
 * @param trySends Whether to try what is sent beforehand: Deno's channel fails later, and uncatchably, for what it can't
 * write (2.9.6).
 * @param clones Whether the channel clones as between threads: Bun's sends all the memory behind a view (1.4.5).
 */
export function processLink(process: NodeJS.Process, trySends: boolean, clones: boolean): Link {
  const send = (process.send as NonNullable<NodeJS.Process["send"]>).bind(process) as (
    frame: unknown,
    sent?: () => void,
  ) => boolean;
  const exit = process.exit.bind(process);
  const disconnect = process.disconnect?.bind(process);
  const on = process.on.bind(process);
  const { channel } = process as { channel?: Channel };
  let check: (frame: unknown) => unknown = trySends ? serialize : () => {};
  let prepare: (frame: unknown) => unknown = clones ? withOwnBytes : (frame) => frame;
  const { title } = process;

  // The host is gone, or the module cut the line: no answer can come any more. After the module's own listeners.
  on("disconnect", () => setImmediate(() => exit()));

  return {
    begin({ serialization }: Init, path: string) {
      if (serialization === "json") {
        if (trySends) check = JSON.stringify;
        prepare = (frame) => frame;
      }
      takeTitle(process, title, path);
    },
    post(frame) {
      check(frame);
      send(prepare(frame));
    },
    listen: (receive) => void on("message", (frame: unknown) => receive(frame as HostFrame)),
    hold: (held) => held ? channel?.ref?.() : channel?.unref?.(),
    leave: (code) => exit(code),
    // A large answer may not have left yet: the frame goes after it, and means nothing to the host.
    disconnect: () => void send({ type: "pong" }, () => setImmediate(() => disconnect?.())),
  };
}
