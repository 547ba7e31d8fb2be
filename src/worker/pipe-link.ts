/**
 * The line of a worker process on Node: two pipes of our own, one for each direction, which the host opens as descriptors 3
 * and 4. (A single one would be closed by the host, unread, as soon as it writes to a worker that has ended.) What the
 * runtime's own IPC channel gives a child (`process.send`, `connected`, `channel`, `disconnect`) is given here.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { SocketConstructorOpts } from "node:net";
import { files, net } from "../built-in.ts";
import type { Init } from "../core/frame.ts";
import { MAIL_AT, MAIL_SIZE } from "../wire/mail.ts";
import { BrokenPipeFrame, FrameReader } from "../wire/pipe-frames.ts";
import { placeIn, Shelf, ShelfReader } from "../wire/shelf.ts";
import type { Link } from "./link.ts";
import { Outlet } from "./outlet.ts";
import { takeTitle } from "./terminal.ts";

const NOTHING = new Uint8Array(0);

/** How much is read at once, in bytes. */
const CHUNK = 65_536;

/** The descriptor that the host writes to. */
const PIPE = 3;

/** Opens the pipes. */
export function pipeLink(process: NodeJS.Process): Link {
  const exit = process.exit.bind(process);
  const reader = new FrameReader(null);
  const read = reader.read.bind(reader);
  let receive: (frame: unknown) => void = () => {};
  const take = (chunk: Uint8Array): void => {
    let threw = true;
    try {
      read(chunk, receive);
      threw = false;
    } catch (error) {
      if (error instanceof BrokenPipeFrame) fail(error);
      throw error;
    } finally {
      reader.keepCopy();
      // What a listener throws is the module's own affair, and it may survive it: the frames after it come then.
      if (threw) setImmediate(() => take(NOTHING));
    }
  };
  const { Socket } = net();
  const socket = new Socket({
    fd: PIPE,
    readable: true,
    writable: false,
    // Memory for each chunk costs more than it takes to read one (Node 20.20). The same at all times: where it is given anew for
    // each, by a function, a throw in `process.nextTick` leaves Node reading into one and giving another.
    onread: {
      buffer: Buffer.allocUnsafeSlow(CHUNK),
      callback: (size: number, buffer: Uint8Array) => {
        take(buffer.subarray(0, size));
        return true;
      },
    },
  } as SocketConstructorOpts);
  let connected = true;
  const { title } = process;

  // The host is gone, or the module cut the line: no answer can come any more. After the module's own listeners.
  const cut = (): void => {
    if (!connected) return;
    connected = false;
    process.emit("disconnect");
    setImmediate(() => exit());
  };
  // The module has closed what it shares with the host, and a job would never begin. Whatever the module does about its end, the host
  // ends a worker that has cut the line.
  const fail = (error: Error): void => {
    socket.destroy();
    try {
      console.error(error);
    } finally {
      exit(1);
    }
  };
  const outlet = new Outlet(cut);
  socket.on("error", cut);
  socket.on("close", cut);
  const show = (name: string, get: () => unknown): void =>
    void Object.defineProperty(process, name, { get, configurable: true, enumerable: true });
  show("connected", () => connected);
  show("channel", () => ({ ref: () => socket.ref(), unref: () => socket.unref() }));

  return {
    begin(init: Init, path: string) {
      takeTitle(process, title, path);
      const [to, from] = shelvesOf(init);
      outlet.begin(init, to);
      reader.begin(from);
    },
    post(frame, _, left) {
      outlet.post(frame);
      left?.();
    },
    listen(listener) {
      receive = listener as (frame: unknown) => void;
      socket.resume();
    },
    hold: (held) => held ? socket.ref() : socket.unref(),
    leave: (code) => exit(code),
    disconnect: () => void setImmediate(() => socket.destroy()),
  };
}

/** Those that lie behind the mail: to the host, and from it. */
function shelvesOf({ exchange }: Init): readonly [Shelf | null, ShelfReader | null] {
  if (exchange === null || !("mail" in exchange) || exchange.shelves === 0) return [null, null];
  const { mail, shelves: size } = exchange;
  const place = placeIn.bind(null, files(), stillThe(mail), MAIL_AT + MAIL_SIZE, size);
  return [new Shelf(place("host"), size), new ShelfReader(place("worker"), size)];
}

/** The module may close a descriptor that it does not know, and open a file of its own by the same number. */
function stillThe(descriptor: number): () => number {
  const { fstatSync } = files();
  const { dev, ino } = fstatSync(descriptor);
  return () => {
    const now = fstatSync(descriptor);
    if (now.dev !== dev || now.ino !== ino) throw new RangeError(`descriptor ${descriptor} is another file now`);
    return descriptor;
  };
}
