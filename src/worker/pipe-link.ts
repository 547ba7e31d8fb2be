/**
 * The line of a worker process on Node: a pipe of our own, which the host opens as descriptor 3. What the runtime's own IPC
 * channel gives a child (`process.send`, `connected`, `channel`, `disconnect`) is given here.
 *
 * @module
 */

import { Socket } from "node:net";
import type { HostFrame, Init } from "../core/frame.ts";
import type { Format } from "../wire/cloneable.ts";
import { FrameReader, NO_KEY, writeFrame } from "../wire/pipe-frames.ts";
import type { Link } from "./link.ts";
import { takeTitle } from "./terminal.ts";

/** The descriptor that the host has opened for us. */
const PIPE = 3;

/** Opens the pipe. */
export function pipeLink(process: NodeJS.Process): Link {
  const socket = new Socket({ fd: PIPE, readable: true, writable: true });
  const exit = process.exit.bind(process);
  const reader = new FrameReader(null);
  const read = reader.read.bind(reader);
  const write = socket.write.bind(socket);
  let key = NO_KEY;
  let format: Format = "advanced";
  let connected = true;
  const { title } = process;

  // The host is gone, or the module cut the line: no answer can come any more. After the module's own listeners.
  const cut = (): void => {
    if (!connected) return;
    connected = false;
    process.emit("disconnect");
    setImmediate(() => exit());
  };
  socket.on("error", cut);
  socket.on("close", cut);
  const show = (name: string, get: () => unknown): void =>
    void Object.defineProperty(process, name, { get, configurable: true, enumerable: true });
  show("connected", () => connected);
  show("channel", () => ({ ref: () => socket.ref(), unref: () => socket.unref() }));

  return {
    begin(init: Init, path: string) {
      takeTitle(process, title, path);
      key = init.key;
      format = init.serialization;
    },
    post: (frame) => void write(writeFrame(frame, key, format)),
    listen: (receive) =>
      void socket.on("data", (chunk: Uint8Array) => {
        for (const frame of read(chunk)) receive(frame as HostFrame);
      }),
    hold: (held) => held ? socket.ref() : socket.unref(),
    leave: (code) => exit(code),
    // Once what was posted has left.
    disconnect: () => void setImmediate(() => socket.destroySoon()),
  };
}
