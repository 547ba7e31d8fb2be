import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { RequestError } from "./reply.ts";

/** Bytes; more than any password and hash. */
const MAX_BODY = 8 * 1024;

/** The longest password that is hashed, in characters. */
const MAX_PASSWORD = 1024;

/** The JSON object in a request's body. */
export async function readObject(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BODY) {
      throw new RequestError(413, `the body must have at most ${MAX_BODY} bytes`, { Connection: "close" });
    }
    chunks.push(chunk);
  }
  const value = parse(Buffer.concat(chunks).toString("utf8"));
  if (typeof value !== "object" || value === null) throw new RequestError(400, "the body must be a JSON object");
  return value as Record<string, unknown>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError(400, "the body must be JSON");
  }
}

export function passwordOf({ password }: Readonly<Record<string, unknown>>): string {
  if (typeof password === "string" && password !== "" && password.length <= MAX_PASSWORD) return password;
  throw new RequestError(400, `"password" must be a string of 1 to ${MAX_PASSWORD} characters`);
}
