/**
 * `compute-cluster serve`: this machine as a host, which takes jobs from queues and runs them.
 *
 * @module
 */

import process from "node:process";
import type { ComputeClusterOptions } from "../../mod.ts";
import { type Host, serve as start, type ServeOptions } from "../../nats.ts";
import { type AccessFlags, accessOf, toldError } from "./access.ts";
import { EXIT } from "./exit-code.ts";
import { Health, type HealthAddress } from "./health.ts";
import { Interrupts } from "./interrupts.ts";
import { pathOf } from "./open-cluster.ts";
import { reasonOf } from "./reason.ts";
import { UsageError } from "./told-errors.ts";

/** What the command was told. */
export interface ServeFlags extends AccessFlags {
  readonly queue: readonly string[];
  readonly module: string;
  readonly moduleVersion?: string;
  readonly host?: string;
  readonly lease?: number;
  readonly replicas?: number;
  readonly maxBacklog?: number;
  readonly maxDeliveries?: number;
  readonly drainTimeout?: number;
  readonly health?: HealthAddress;
  /** Those of its cluster, but for its module. */
  readonly cluster: Omit<ComputeClusterOptions, "module">;
}

/** How often it is looked whether there is a connection, in milliseconds. */
const LOOK = 500;

/** For how long the same fault is not told again, in milliseconds. */
const TOLD = 10_000;

/** Serves until a signal ends it, and returns the exit code. */
export function serve(flags: ServeFlags): Promise<number> {
  return new Service(flags).run();
}

/** One host. */
class Service {
  readonly #flags: ServeFlags;
  readonly #interrupts: Interrupts;
  readonly #told = new Map<string, number>();
  #host: Host | null = null;
  /** Whether it was stopped at once. */
  #stopped = false;
  #end!: () => void;
  readonly #ended = new Promise<void>((resolve) => this.#end = resolve);

  constructor(flags: ServeFlags) {
    this.#flags = flags;
    this.#interrupts = new Interrupts(() => void this.#drain(), () => void this.#stop());
  }

  async run(): Promise<number> {
    const { health: address } = this.#flags;
    const health = address && await Health.open(address, () => this.#unready());
    try {
      const host = await Promise.race([start(this.#options()), this.#ended]);
      if (!host) return this.#interrupts.exitCode ?? EXIT.failed;
      this.#host = host;
      host.cluster.on("error", (error) => this.#tell(error));
      process.stdout.write(`${this.#greeting(host, health)}\n`);
      const looking = this.#watchConnection(host);
      await this.#ended;
      clearInterval(looking);
      return this.#stopped ? this.#interrupts.exitCode ?? EXIT.failed : EXIT.done;
    } catch (error) {
      throw toldStartError(error);
    } finally {
      health?.close();
      this.#interrupts.end();
    }
  }

  #options(): ServeOptions {
    const { queue, module, moduleVersion, host, lease, replicas, maxBacklog, maxDeliveries, drainTimeout, cluster } =
      this.#flags;
    return {
      ...accessOf(this.#flags),
      queue,
      version: moduleVersion,
      host,
      ready: true,
      lease,
      replicas,
      maxBacklog,
      maxDeliveries,
      drainTimeout,
      cluster: { ...cluster, module: pathOf(module) },
    };
  }

  #greeting({ name, stats: { slots } }: Host, health: Health | undefined): string {
    const { queue, engine } = this.#flags;
    const where = health ? `; health at ${health.url}` : "";
    return `host ${name} serves ${queue.join(", ")} at ${engine.join(",")} with ${slots} ${
      slots === 1 ? "slot" : "slots"
    }${where}`;
  }

  #unready(): string | null {
    if (!this.#host) return "starting";
    const { taking, connected, fault } = this.#host.stats;
    if (!taking) return "draining";
    if (!connected) return "no connection to the broker";
    return fault === null ? null : "workers can't be started";
  }

  #watchConnection(host: Host): ReturnType<typeof setInterval> {
    let was = true;
    return setInterval(() => {
      const { connected } = host.stats;
      if (connected !== was) say(connected ? "connected to the broker again" : "no connection to the broker");
      was = connected;
    }, LOOK);
  }

  #tell(error: Error): void {
    const key = String((error as { code?: unknown }).code ?? error.message);
    const last = this.#told.get(key);
    if (last !== undefined && performance.now() - last < TOLD) return;
    this.#told.set(key, performance.now());
    say(`error: ${key === "CC_ERR_ENGINE" ? error.message : reasonOf(error)}`);
  }

  /** Finishes what it has. */
  async #drain(): Promise<void> {
    const host = this.#host;
    if (!host) return this.#end();
    const { held } = host.stats;
    say(`draining: ${held} ${held === 1 ? "job" : "jobs"} to finish; again to stop at once`);
    const left = await host.drain();
    if (left > 0) say(`${left} ${left === 1 ? "job goes" : "jobs go"} to other hosts`);
    this.#end();
  }

  async #stop(): Promise<void> {
    this.#stopped = true;
    await this.#host?.exit();
    this.#end();
  }
}

function toldStartError(error: unknown): unknown {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (code !== "CC_ERR_WORKER_START") return toldError(error);
  return new UsageError(`the worker module can't be used: ${reasonOf(cause ?? error)}`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
