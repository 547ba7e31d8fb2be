/**
 * Health for Kubernetes and its like, over HTTP: `/live` and `/ready`.
 *
 * @module
 */

import { createServer, type Server, type ServerResponse } from "node:http";
import { InvalidArgumentError } from "commander";
import { UsageError } from "./told-errors.ts";

/** Where to listen. */
export interface HealthAddress {
  /** Undefined for all addresses of the machine. */
  readonly host: string | undefined;
  readonly port: number;
}

/** `8080`, `127.0.0.1:8080` or `[::1]:8080`. */
export function healthAddress(text: string): HealthAddress {
  const [, v6, name, digits] = /^(?:\[([^\]]+)\]:|([^:[\]]+):)?(\d+)$/.exec(text) ?? [];
  const port = Number(digits);
  if (port <= 65_535) return { host: v6 ?? name, port };
  throw new InvalidArgumentError("It must be a port, such as 8080, or an address with one, such as 127.0.0.1:8080.");
}

/** Tells whoever asks how a program is, until it is closed. */
export class Health {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Listens.
   *
   * @param unready Why the program is not ready, or null.
   * @throws {UsageError} if it can't.
   */
  static open({ host, port }: HealthAddress, unready: () => string | null): Promise<Health> {
    const server = createServer((request, response) => {
      const path = (request.url ?? "").split("?")[0];
      if (path === "/live") return answer(response, 200, "live");
      if (path !== "/ready") return answer(response, 404, "there are /live and /ready");
      const why = unready();
      answer(response, why === null ? 200 : 503, why ?? "ready");
    });
    return new Promise((resolve, reject) => {
      server.once("error", ({ message }) => reject(new UsageError(`can't listen for --health: ${message}`)));
      server.listen(port, host, () => resolve(new Health(server)));
    });
  }

  /** Where it listens: the port may have been 0. */
  get url(): string {
    const { address, port } = this.#server.address() as { address: string; port: number };
    return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(`${text}\n`);
}
