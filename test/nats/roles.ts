/**
 * A server whose users have the rights that docs/many-machines.md lists, and no others, with the queue that these are for.
 */

import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { createQueue, type Host, nats, type NatsOptions, serve } from "../../nats.ts";
import { ComputeCluster } from "../../mod.ts";
import { blocksOf } from "../docs/blocks.ts";
import { readPage } from "../docs/pages.ts";
import { Broker } from "./broker.ts";

/** The page's queue. */
export const QUEUE = "images";

export type Role = "admin" | "host" | "alice" | "bob";

/** What the page says the server's configuration is to have; passwords are the users' names. */
function rights(without: readonly string[] = []): string {
  const { path, text } = readPage("docs/many-machines.md");
  const block = blocksOf(path, text).find(({ file }) => file === "rights.conf");
  if (!block) throw new Error("the page has no rights.conf");
  let config = block.text.replace(/\$(\w+)_PASS/g, (_, name: string) => name.toLowerCase());
  for (const right of without) {
    if (!config.includes(`"${right}"`)) throw new Error(`nobody has the right ${right}`);
    config = config.replaceAll(`"${right}"`, '"nothing"');
  }
  return config;
}

/** One of them. */
export class Roles {
  readonly broker: Broker;
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(broker: Broker) {
    this.broker = broker;
  }

  /** Starts it, and has the administrator make the queue. */
  static async start(version: string, without: readonly string[] = []): Promise<Roles> {
    const broker = await Broker.start({ version, config: rights(without) });
    const roles = new Roles(broker);
    roles.#ends.push(() => broker.end());
    await createQueue({ ...roles.access("admin"), lease: 2_000, owners: ["alice", "bob"] });
    return roles;
  }

  /** How a role gets in. */
  access(role: Role): { servers: string; queue: string; user: string; pass: string } {
    return { servers: this.broker.url, queue: QUEUE, user: role, pass: role };
  }

  /** Ended with the server. */
  cluster(role: Role, options: Partial<NatsOptions> = {}): ComputeCluster {
    const owner = role === "alice" || role === "bob" ? { owner: role } : {};
    const cc = new ComputeCluster({ engine: nats({ ...this.access(role), ...owner, ...options }) });
    this.#ends.unshift(() => cc.exit());
    return cc;
  }

  /** Ended with the server. */
  async host(): Promise<Host> {
    const module = new URL("../workers/handler.mjs", import.meta.url);
    const host = await serve({ ...this.access("host"), cluster: { module, maxWorkers: 2 } });
    this.#ends.unshift(() => host.exit());
    return host;
  }

  /** What the administrator may do beside, ended with the server. */
  async admin(): Promise<JetStreamManager> {
    const { servers, user, pass } = this.access("admin");
    const connection = await connect({ servers, user, pass, inboxPrefix: "_INBOX_any" });
    this.#ends.unshift(() => connection.close());
    return await jetstreamManager(connection, { checkAPI: false });
  }

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}
