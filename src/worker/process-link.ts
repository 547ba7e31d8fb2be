/**
 * The line of a worker process on Bun and Deno: the runtime's own IPC channel, on Deno for what comes from the host only.
 *
 * @module
 */

import type { HostFrame, Init } from "../core/frame.ts";
import { bare } from "../wire/pipe-frames.ts";
import { refuseForProcess } from "../wire/unsendable.ts";
import { withOwnBytes } from "../wire/views.ts";
import type { Link } from "./link.ts";
import { Outlet } from "./outlet.ts";
import { takeTitle } from "./terminal.ts";

/** The channel, where the runtime shows it; Bun's has neither method. */
interface Channel {
  ref?(): void;
  unref?(): void;
}

/**
 * Takes hold of the channel of this process on Bun. It sends at once what the socket takes, the rest when the loop turns, and
 * all the memory behind a view, as between threads (1.4.5).
 */
export function bunLink(process: NodeJS.Process): Link {
  const send = (process.send as NonNullable<NodeJS.Process["send"]>).bind(process) as (
    frame: unknown,
    sent?: () => void,
  ) => boolean;
  const disconnect = process.disconnect?.bind(process);
  let prepare = (frame: unknown): unknown => withOwnBytes(frame, [], refuseForProcess);
  const link = incoming(process);
  return {
    ...link,
    begin(init, path) {
      link.begin(init, path);
      if (init.serialization === "json") prepare = bare;
    },
    post: (frame, _, left) => void send(prepare(frame), left),
    // What was posted may not have left yet: the frame goes after it, and means nothing to the host.
    disconnect: () => void send({ type: "pong" }, () => setImmediate(() => disconnect?.())),
  };
}

/** The same on Deno, whose channel sends later, and fails uncatchably for what it can't write (2.9.6). */
export function denoLink(process: NodeJS.Process): Link {
  const disconnect = process.disconnect?.bind(process);
  const exit = process.exit.bind(process);
  const outlet = new Outlet(() => setImmediate(() => exit()));
  const link = incoming(process);
  return {
    ...link,
    begin(init, path) {
      link.begin(init, path);
      outlet.begin(init, null);
    },
    post(frame, _, left) {
      outlet.post(frame);
      left?.();
    },
    disconnect: () => void setImmediate(() => disconnect?.()),
  };
}

function incoming(
  process: NodeJS.Process,
): Omit<Link, "post" | "disconnect" | "begin"> & { begin(init: Init, path: string): void } {
  const exit = process.exit.bind(process);
  const on = process.on.bind(process);
  const { channel } = process as { channel?: Channel };
  const { title } = process;
  // The host is gone, or the module cut the line: no answer can come any more. After the module's own listeners.
  on("disconnect", () => setImmediate(() => exit()));
  return {
    begin: (_, path) => takeTitle(process, title, path),
    listen: (receive) => void on("message", (frame: unknown) => receive(frame as HostFrame)),
    hold: (held) => held ? channel?.ref?.() : channel?.unref?.(),
    leave: (code) => exit(code),
  };
}
