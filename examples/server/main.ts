// A server that hashes passwords, stays responsive, and says so when it has too much to do.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { ComputeCluster } from "../../mod.ts"; // in your program: "compute-cluster"
import { app, type Hasher } from "./app.ts";
import { type Arguments, readArguments, USAGE } from "./arguments.ts";
import { shutDown } from "./shutdown.ts";

try {
  const args = readArguments(process.argv.slice(2), process.env["PORT"]);
  if (args.help) console.log(USAGE);
  else await serve(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

async function serve({ port, workers, maxBacklog, maxLatency, cost }: Arguments): Promise<void> {
  const cc: Hasher = new ComputeCluster({
    module: new URL("./worker.ts", import.meta.url),
    maxWorkers: workers,
    minWorkers: 1,
    // Bounds the memory that waiting requests take, also before any has run and a prediction can be made.
    maxBacklog,
    // A request that would wait longer is told so at once.
    maxLatency,
  });
  // A worker that dies is replaced, and its request has been answered with 500.
  cc.on("error", (error) => console.error(error));

  // Before there are clients: a worker that can't be started is to be known now.
  await cc.ready();

  // The costs that OWASP recommends are for ln 14 with r 8 and p 5.
  const server = createServer(app(cc, { ln: cost, r: 8, p: 5 }));
  server.on("error", (error) => {
    console.error(error.message);
    process.exitCode = 1;
    void cc.close();
  });
  server.listen(port, "127.0.0.1", () => {
    console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  // Once: a second signal ends the program as usual.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void shutDown(server, cc));
}
