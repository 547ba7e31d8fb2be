// What docker-compose.yml does, on this machine alone: a server, two hosts and a submitter, each a process.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The server's program, if it is not in the PATH. */
const { NATS_SERVER = "nats-server" } = process.env;
const flags = "Deno" in globalThis ? ["run", "-A"] : process.execArgv;
const children: ChildProcess[] = [];

function start(file: string, env: Record<string, string>): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...flags, path], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout?.pipe(process.stdout);
  children.push(child);
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

const store = mkdtempSync(join(tmpdir(), "many-machines-"));
const port = await freePort();
const server = spawn(NATS_SERVER, ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", store], { stdio: "ignore" });
server.on("error", (error) => console.error(`${NATS_SERVER} can't be started: ${error.message}`));
process.once("exit", () => {
  for (const child of [...children, server]) child.kill("SIGKILL");
  rmSync(store, { recursive: true, force: true });
});

// All of them wait for the server, and the submitter for the hosts.
const NATS_URL = `nats://127.0.0.1:${port}`;
const hosts = ["one", "two"].map((HOST) => start("./host.ts", { NATS_URL, HOST }));
await Promise.all(hosts.map((host) => once(host.stdout as NodeJS.EventEmitter, "data")));
const [code] = await once(start("./main.ts", { NATS_URL }), "exit");
for (const host of hosts) host.kill("SIGTERM");
await Promise.all(hosts.map((host) => once(host, "exit")));
server.kill("SIGTERM");
await once(server, "exit");
process.exitCode = code ?? 1;
