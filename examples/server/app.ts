import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { ComputeCluster } from "../../mod.ts";
import { passwordOf, readObject } from "./body.ts";
import { type Cost, parseHash } from "./password.ts";
import { errorReply, type Reply, RequestError, send } from "./reply.ts";

/** A cluster of workers of this example. */
export type Hasher = ComputeCluster<typeof import("./worker.ts")>;

/** Answers a request; `gone` is aborted if its client hangs up meanwhile. */
type Route = (request: IncomingMessage, gone: AbortSignal) => Promise<Reply> | Reply;

/** The HTTP side: it checks, asks the cluster, and answers. It never computes. */
export function app(cc: Hasher, cost: Cost): RequestListener {
  const routes: Readonly<Record<string, Route>> = {
    "POST /hash": async (request, signal) => {
      const password = passwordOf(await readObject(request));
      return { status: 200, body: { hash: await cc.enqueue({ password, cost }, { task: "hash", signal }) } };
    },
    "POST /verify": async (request, signal) => {
      const body = await readObject(request);
      const password = passwordOf(body);
      const stored = typeof body["hash"] === "string" ? parseHash(body["hash"], cost) : null;
      if (!stored) throw new RequestError(400, '"hash" must be a hash of this server');
      return { status: 200, body: { match: await cc.enqueue({ password, stored }, { task: "verify", signal }) } };
    },
    "GET /health": () =>
      cc.stats().state === "open"
        ? { status: 200, body: { status: "ok" } }
        : { status: 503, body: { status: "closing" } },
    "GET /stats": () => ({ status: 200, body: cc.stats() }),
  };

  return (request, response) => void answer(routes, request, response);
}

async function answer(
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = clientGone(response);
  let reply: Reply;
  try {
    reply = await find(routes, request)(request, gone);
  } catch (error) {
    if (gone.aborted) return;
    reply = errorReply(error);
  }
  send(response, reply);
}

function find(routes: Readonly<Record<string, Route>>, { method, url }: IncomingMessage): Route {
  const path = (url ?? "").split("?", 1)[0];
  const route = routes[`${method} ${path}`];
  if (route) return route;
  const allowed = Object.keys(routes).filter((name) => name.endsWith(` ${path}`)).map((name) => name.split(" ")[0]);
  if (allowed.length > 0) {
    throw new RequestError(405, `${path} takes ${allowed.join(", ")}`, { Allow: allowed.join(", ") });
  }
  throw new RequestError(404, `there is no ${path}`);
}

/**
 * Aborted when the client hangs up before it has its answer: its job then leaves the backlog. If it runs already, its
 * worker is ended, since scrypt can't be stopped, and another one takes its place.
 */
function clientGone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
