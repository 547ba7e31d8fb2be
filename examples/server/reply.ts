import type { ServerResponse } from "node:http";
import { ClusterError } from "../../mod.ts";

/** An answer to a request. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that can't be answered, and what its sender is told. */
export class RequestError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** What the cluster says when it takes no more; the job did not start, so the client may send it again. */
const BUSY: ReadonlySet<string> = new Set(["CC_ERR_BACKLOG_FULL", "CC_ERR_LATENCY", "CC_ERR_CLOSED"]);

export function errorReply(error: unknown): Reply {
  if (error instanceof RequestError) {
    return { status: error.status, body: { error: error.message }, headers: error.headers };
  }
  if (error instanceof ClusterError && BUSY.has(error.code)) {
    // Only a prediction (`CC_ERR_LATENCY`) can say when there will be room.
    const seconds = Math.ceil((error.retryAfter ?? 1000) / 1000);
    return { status: 503, body: { error: "busy", code: error.code }, headers: { "Retry-After": String(seconds) } };
  }
  console.error(error);
  return { status: 500, body: { error: "internal error" } };
}

export function send(response: ServerResponse, { status, body, headers }: Reply): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": new TextEncoder().encode(text).length,
    "Cache-Control": "no-store",
    ...headers,
  });
  response.end(text);
}
