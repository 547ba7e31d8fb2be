// Whom hosts and submitters talk to: one server, or several of one cluster, with one account of them all.
import { setTimeout as pause } from "node:timers/promises";
import { freePort, startServer } from "./server.mjs";

/** @param {string} version @param {number} servers */
export async function startBroker(version, servers = 1) {
  const all = servers === 1 ? [await startServer(version)] : await startCluster(version, servers);
  return {
    urls: all.map(({ url }) => url),
    /** What they have done so far, together; `each`: the processor time of each. */
    async account() {
      const accounts = await Promise.all(all.map((server) => server.account()));
      const sum = (name) => accounts.reduce((sum, account) => sum + account[name], 0);
      const each = accounts.map(({ cpu }) => cpu);
      return {
        messages: sum("messages"),
        bytes: sum("bytes"),
        out: sum("out"),
        cpu: each.includes(null) ? null : sum("cpu"),
        each,
        memory: sum("memory"),
        stored: sum("stored"),
      };
    },
    end: () => Promise.all(all.map((server) => server.end())),
  };
}

/** Ready when they have a leader. */
async function startCluster(version, servers) {
  const ports = [];
  for (let i = 0; i < servers; i++) ports.push(await freePort());
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(", ");
  const all = await Promise.all(ports.map((port, i) =>
    startServer(
      version,
      `server_name: n${i}\ncluster { name: bench, listen: "127.0.0.1:${port}", routes: [${routes}] }\n`,
    )
  ));
  for (const server of all) while (!(await server.leader())) await pause(100);
  return all;
}
