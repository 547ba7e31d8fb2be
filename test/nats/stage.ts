/**
 * What a test over NATS has at hand: brokers, hosts and submitters, here and in programs of their own, which all end with it.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ComputeCluster, type ComputeClusterOptions } from "../../mod.ts";
import { type Host, nats, type NatsOptions, serve, type ServeOptions } from "../../nats.ts";
import { type Runtime, runtime } from "../../runtimes/select.ts";
import { bun, deno } from "../../scripts/bin.mjs";
import { type RunningProgram, watch } from "../conformance/kit.ts";
import { builtProgram } from "../conformance/programs.ts";
import { Broker, type BrokerOptions } from "./broker.ts";

let queues = 0;

export interface HostOptions extends Omit<ServeOptions, "cluster"> {
  readonly worker?: string;
  readonly workers?: Partial<ComputeClusterOptions>;
}

export class Stage {
  readonly #folder = mkdtempSync(join(tmpdir(), "compute-cluster-test-"));
  readonly #ends: (() => unknown)[] = [];

  /** A broker. */
  async broker(options?: BrokerOptions): Promise<Broker> {
    const broker = await Broker.start(options);
    this.#ends.push(() => broker.end());
    return broker;
  }

  /** A way to a broker that breaks where a client says what `breaks` is true of. Returns where to reach it. */
  async proxy(port: number, breaks: (said: string) => boolean): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const way = connect(port, "127.0.0.1");
      for (const socket of [client, way]) sockets.add(socket.on("error", () => {}));
      client.on("close", () => way.destroy());
      way.on("close", () => client.destroy());
      way.pipe(client);
      client.on("data", (said) => breaks(said.toString("latin1")) ? client.destroy() : way.write(said));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#ends.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return `nats://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  /** The name of a queue that nobody has used. */
  queue(): string {
    return `q${++queues}`;
  }

  /** A cluster in this program. */
  cluster(options: NatsOptions): ComputeCluster {
    const cc = new ComputeCluster({ engine: nats(options) });
    this.#ends.unshift(() => cc.exit());
    return cc;
  }

  /** A host in this program. `workers`: other options of its cluster. */
  async host({ worker = "handler.mjs", workers, ...options }: HostOptions): Promise<Host> {
    const module = new URL(`../workers/${worker}`, import.meta.url);
    const host = await serve({ ...options, cluster: { module, maxWorkers: 2, killGrace: 0, ...workers } });
    host.cluster.on("error", () => {});
    this.#ends.unshift(() => host.exit());
    return host;
  }

  /** A host that is a program of its own, run by way of the command `by`; it serves when this resolves. */
  async hostProgram(options: object, on: Runtime = runtime, by: readonly string[] = []): Promise<RunningProgram> {
    const program = this.program("nats-host.ts", [JSON.stringify(options)], on, by);
    await program.line("serving");
    return program;
  }

  /** A program of `test/programs`. */
  program(name: string, args: readonly string[], on: Runtime = runtime, by: readonly string[] = []): RunningProgram {
    const [file, ...before] = [...by, ...command(name, on)];
    const child = spawn(file as string, [...before, "process", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const program = watch(child);
    this.#ends.unshift(async () => {
      // One that stands still hears nothing else.
      child.kill("SIGKILL");
      await program.ended;
    });
    return program;
  }

  /** The path of a file that goes with the test. */
  file(name: string): string {
    return join(this.#folder, name);
  }

  /** Makes such a file, for somebody who waits for it. */
  write(name: string): void {
    writeFileSync(this.file(name), "");
  }

  /** The lines of such a file; none if nobody wrote it. */
  lines(name: string): string[] {
    try {
      return readFileSync(this.file(name), "utf8").split("\n").filter((line) => line !== "");
    } catch {
      return [];
    }
  }

  /** Ends all, those who use others first. */
  async clean(): Promise<void> {
    for (const end of this.#ends) await end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function command(name: string, on: Runtime): string[] {
  const source = fileURLToPath(new URL(`../programs/${name}`, import.meta.url));
  switch (on) {
    case "node":
      return [runtime === "node" ? process.execPath : "node", builtProgram(name)];
    case "bun":
      return [bun, source];
    case "deno":
      return [deno, "run", "-A", "--no-prompt", source];
  }
}
