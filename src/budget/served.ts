/**
 * A budget that other processes and threads take part in: its holder listens at a socket in a folder of its own, which nobody else's
 * programs may enter; on Windows, at a named pipe. Whoever is gone has given everything back.
 *
 * @module
 */

import type { Server, Socket } from "node:net";
import { randomName } from "../../runtimes/random-name.ts";
import { net, ownProcess } from "../built-in.ts";
import type { Allocator, Member } from "../core/allocator.ts";
import { enterFolder, leaveFolder } from "./folder.ts";
import { hearLines, say } from "./lines.ts";

/** One that can be reached. Nothing of it keeps the program alive. */
export class Served {
  readonly path: string;
  readonly #allocator: Allocator;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** Throws if it can't be done: no folder to write to, no permission. */
  constructor(allocator: Allocator) {
    this.#allocator = allocator;
    this.path = ownProcess().platform === "win32"
      ? String.raw`\\.\pipe\compute-cluster-${ownProcess().pid}-${randomName()}${randomName()}`
      : enterFolder();
    this.#server = net().createServer((socket) => this.#serve(socket));
    // Where it can't listen, nobody can connect: each goes on with a budget of its own.
    this.#server.on("error", () => {});
    try {
      // Not shared with other members of a `node:cluster`.
      this.#server.listen({ path: this.path, exclusive: true });
    } catch (error) {
      this.end();
      throw error;
    }
    this.#server.unref();
  }

  #serve(socket: Socket): void {
    const members = new Map<number, Member>();
    this.#sockets.add(socket);
    socket.unref();
    hearLines(socket, (word, id = 0, ...numbers) => {
      const [first = 0, second = 0, third = 0] = numbers;
      if (word === "join" && !members.has(id)) {
        members.set(id, this.#allocator.join(first, (allowance) => say(socket, "allow", id, allowance), second));
      } else if (word === "report") {
        members.get(id)?.report({ need: first, live: second, heard: third });
      } else if (word === "leave") {
        members.get(id)?.leave();
        members.delete(id);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const member of members.values()) member.leave();
    });
  }

  /** Those who still take part lose their connection, and go on by themselves. */
  end(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (ownProcess().platform !== "win32") leaveFolder();
  }
}
