import type { Server } from "node:http";
import type { Hasher } from "./app.ts";

/** How long clients have to take their answers, in milliseconds. */
const PATIENCE = 1000;

/** Takes no more connections and requests, answers those that it has, and leaves nothing that keeps the program running. */
export async function shutDown(server: Server, cc: Hasher): Promise<void> {
  console.log("shutting down");
  server.close();
  await cc.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), PATIENCE).unref();
}
