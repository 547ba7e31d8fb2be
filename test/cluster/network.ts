/**
 * A network of this machine's own: a bridge, and network namespaces that are joined to it as other machines would be. Needs Linux, and
 * to be root.
 */

import { spawnSync } from "node:child_process";
import process from "node:process";

let nodes = 0;

/** One network. */
export class Network {
  /** Where this program is in it. */
  readonly address: string;
  readonly #bridge: string;
  readonly #prefix: string;
  readonly #nodes: Node[] = [];

  private constructor(number: number) {
    this.#prefix = `10.${200 + (number >> 8) % 50}.${number % 256}`;
    this.address = `${this.#prefix}.1`;
    this.#bridge = `ccbr${number}`;
    ip("link", "add", this.#bridge, "type", "bridge");
    ip("addr", "add", `${this.address}/24`, "dev", this.#bridge);
    ip("link", "set", this.#bridge, "up");
  }

  /** Makes one, or says why there can be none. */
  static make(): Network | string {
    if (process.platform !== "linux") return "network namespaces are Linux's";
    if (process.getuid?.() !== 0) return "network namespaces are made by root";
    try {
      return new Network(process.pid % 12_800);
    } catch (error) {
      return `there can be no network: ${(error as Error).message}`;
    }
  }

  /** Another machine in it. */
  node(): Node {
    const node = new Node(`cc${process.pid % 12_800}n${++nodes}`, `${this.#prefix}.${nodes + 1}/24`, this.#bridge);
    this.#nodes.push(node);
    return node;
  }

  /** Removes all. */
  end(): void {
    for (const node of this.#nodes) node.end();
    ip("link", "del", this.#bridge);
  }
}

/** One machine. */
class Node {
  /** The start of a command that is to be run there. */
  readonly command: readonly string[];
  readonly #name: string;
  readonly #line: string;

  constructor(name: string, address: string, bridge: string) {
    this.#name = name;
    this.#line = `v${name}`;
    this.command = ["ip", "netns", "exec", name];
    ip("netns", "add", name);
    ip("link", "add", this.#line, "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("link", "set", this.#line, "master", bridge, "up");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "addr", "add", address, "dev", "eth0");
    ip("-n", name, "link", "set", "eth0", "up");
  }

  /** Cuts its line, without a word to anybody, or joins it again. */
  cut(cut: boolean): void {
    ip("link", "set", this.#line, cut ? "down" : "up");
  }

  /** Has its line delay and lose what it carries, as `tc netem` takes it. Says whether the system can. */
  disturb(...how: string[]): boolean {
    const args = ["netns", "exec", this.#name, "tc", "qdisc", "replace", "dev", "eth0", "root", "netem", ...how];
    return spawnSync("ip", args).status === 0;
  }

  end(): void {
    ip("netns", "del", this.#name);
  }
}

function ip(...args: string[]): void {
  const { error, status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr.trim()}`);
}
