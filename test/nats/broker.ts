/**
 * A NATS server of a test's own, on loopback, with a store in a temporary folder.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fetchServers, serverOf, VERSIONS } from "../../scripts/nats-servers.mjs";

/** The versions that everything is tried with. */
export const versions: readonly string[] = VERSIONS;

/** How a broker is to be. */
export interface BrokerOptions {
  /** One of {@link versions}; the oldest if not given. */
  readonly version?: string;
  /** More lines for its configuration file. */
  readonly config?: string;
  /** Where it listens; 127.0.0.1 if not given. */
  readonly address?: string;
  /** What its JetStream is told beside its folder; null for a server without. */
  readonly jetstream?: string | null;
}

/** One server. */
export class Broker {
  readonly port: number;
  readonly folder: string;
  readonly #address: string;
  readonly #version: string;
  #config: string;
  readonly #jetstream: string | null;
  #child: ChildProcess | null = null;
  /** What it has said, for when it does not start. */
  #said = "";

  private constructor(port: number, options: BrokerOptions) {
    const { address = "127.0.0.1", version = "2.9", config = "", jetstream = "" } = options;
    this.port = port;
    this.#address = address;
    this.#version = version;
    this.#config = config;
    this.#jetstream = jetstream;
    this.folder = mkdtempSync(join(tmpdir(), "compute-cluster-broker-"));
  }

  /** Starts one; it serves when this resolves. Whoever starts it ends it, by {@link Broker.end}. */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    fetchServers();
    const broker = new Broker(await freePort(), options);
    await broker.begin();
    return broker;
  }

  /** Where to reach it. */
  get url(): string {
    return `nats://${this.#address}:${this.port}`;
  }

  /** The process id, while it runs. */
  get pid(): number {
    return this.#child?.pid as number;
  }

  /**
   * Starts it again, with what it had stored.
   *
   * @param config Other lines for its configuration file, from now on.
   */
  async begin(config = this.#config): Promise<void> {
    this.#config = config;
    const file = join(this.folder, "server.conf");
    const store = `store_dir: ${JSON.stringify(join(this.folder, "store"))}`;
    const jetstream = this.#jetstream === null ? "" : `jetstream { ${store}, ${this.#jetstream} }`;
    writeFileSync(file, `listen: "${this.#address}:${this.port}"\n${jetstream}\n${this.#config}`);
    const child = spawn(serverOf(this.#version), ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    process.once("exit", this.#atExit);
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        this.#said += chunk;
        if (this.#said.includes("Server is ready")) resolve();
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the server has ended with ${code}: ${this.#said.slice(-2000)}`)));
    });
  }

  /** Ends it as a crash would, and waits until it is gone. What it has stored stays. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.#said = "";
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
    process.off("exit", this.#atExit);
  }

  /** Ends it, and forgets what it has stored. */
  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  readonly #atExit = (): void => void this.#child?.kill("SIGKILL");
}

/** A port that nobody uses. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
