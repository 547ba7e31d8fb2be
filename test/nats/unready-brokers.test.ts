/** Servers that are not ready yet, or find the program too slow: it is tried again, as long as `connectTimeout` says. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { serve } from "../../nats.ts";
import { Broker } from "./broker.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

/** A server that lets everybody in or nobody, and answers nothing. */
class Mute {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How often somebody has connected. */
  connections = 0;

  /** @param refusal What it says to each `CONNECT`, if not +OK. */
  constructor(refusal: string | null) {
    this.#server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      const info = { server_id: "MUTE", version: "2.9.10", headers: true, jetstream: true, max_payload: 1_048_576 };
      socket.write(`INFO ${JSON.stringify(info)}\r\n`);
      socket.on("data", (bytes) => {
        for (const line of bytes.toString("latin1").split("\r\n")) {
          if (line.startsWith("CONNECT") && refusal !== null) socket.end(`-ERR '${refusal}'\r\n`);
          if (line === "PING" && socket.writable) socket.write("PONG\r\n");
        }
      });
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

let mute: Mute | null = null;
afterEach(() => mute?.end());

async function served(refusal: string | null, connectTimeout: number): Promise<[number, unknown]> {
  mute = new Mute(refusal);
  const servers = await mute.start();
  const error = await serve({ servers, queue: "q", connectTimeout, cluster: { module } }).catch((error) => error);
  return [mute.connections, error];
}

it("A broker that takes longer for an answer than it is given at first is given more time", async () => {
  const broker = await Broker.start();
  const sockets = new Set<Socket>();
  let connections = 0;
  // The first message of each connection comes late.
  const slow = createServer((client) => {
    connections++;
    const way = connect(broker.port, "127.0.0.1");
    for (const socket of [client, way]) sockets.add(socket.on("error", () => {}));
    client.pipe(way);
    let delayed = false;
    way.on("data", (bytes) => {
      if (delayed || !/^H?MSG /m.test(bytes.toString("latin1"))) return client.write(bytes);
      delayed = true;
      way.pause();
      setTimeout(() => {
        client.write(bytes);
        way.resume();
      }, 2_000);
    });
  }).listen(0, "127.0.0.1");
  try {
    await once(slow, "listening");
    const servers = `nats://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const host = await serve({ servers, queue: "slow", connectTimeout: 25_000, cluster: { module } });
    await host.exit();
    expect(connections).toBeGreaterThan(1);
  } finally {
    for (const socket of sockets) socket.destroy();
    slow.close();
    await broker.end();
  }
});

it("A broker that says nothing yet is asked several times while a connection is opened", async () => {
  const [connections, error] = await served(null, 5_000);
  expect(error).toMatchObject({ code: "CC_ERR_ENGINE", lasting: false, message: expect.stringMatching(/timeout/i) });
  expect(connections).toBeGreaterThan(1);
});

it("A program that stood still while it connected is let in the next time, and one that is not let in asks once", async () => {
  const [connections, error] = await served("Authentication Timeout", 2_000);
  expect(error).toMatchObject({ code: "CC_ERR_ENGINE", lasting: false });
  expect(connections).toBeGreaterThan(1);
  mute?.end();
  const [others, refused] = await served("Authorization Violation", 2_000);
  expect(refused).toMatchObject({ code: "CC_ERR_ENGINE", lasting: true });
  expect(others).toBe(1);
});
