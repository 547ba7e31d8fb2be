// A NATS server of the bench's own, and what it has done so far: by its monitoring port, and by the system.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fetchServers, serverOf } from "../../scripts/nats-servers.mjs";

/** Of the clock that the system counts the time of processes by, a second: USER_HZ, which is 100 on every Linux. */
const TICKS = 100;

/**
 * Starts one. Ends with the bench, however that ends.
 *
 * @param {string} version
 * @param {string} more Lines for its configuration.
 */
export async function startServer(version, more = "") {
  fetchServers();
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-bench-"));
  const [port, monitoring] = [await freePort(), await freePort()];
  const file = join(folder, "server.conf");
  const store = JSON.stringify(join(folder, "store"));
  writeFileSync(
    file,
    `listen: "127.0.0.1:${port}"\nhttp: "127.0.0.1:${monitoring}"\njetstream { store_dir: ${store} }\n${more}`,
  );
  const child = spawn(serverOf(version), ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const kill = () => {
    child.kill("SIGKILL");
    remove();
  };
  process.once("exit", kill);
  await new Promise((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text) => text.includes("Server is ready") && resolve());
    child.once("exit", (code) => reject(new Error(`the server has ended with ${code}`)));
  });
  const ask = async (what) => await (await fetch(`http://127.0.0.1:${monitoring}/${what}`)).json();
  return {
    url: `nats://127.0.0.1:${port}`,
    /** Who leads its cluster's JetStream; undefined as long as nobody does. */
    leader: async () => (await ask("jsz")).meta_cluster?.leader,
    /** Its account so far. Bytes are those of messages, with their headers and without their subjects. */
    async account() {
      const [varz, jsz] = [await ask("varz"), await ask("jsz")];
      return {
        messages: varz.in_msgs + varz.out_msgs,
        bytes: varz.in_bytes + varz.out_bytes,
        out: varz.out_bytes,
        cpu: cpuOf(child.pid),
        memory: varz.mem,
        stored: jsz.bytes,
      };
    },
    async end() {
      process.off("exit", kill);
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      remove();
    },
  };
}

/** The time that a process has had of the processors, in milliseconds; null where the system does not tell. */
function cpuOf(pid) {
  try {
    // Behind the name, which may have anything in it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS;
  } catch {
    return null;
  }
}

/** A port that nobody uses. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
