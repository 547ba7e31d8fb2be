/**
 * A case of the conformance suite: what every kind of worker must do. Knows no test runner.
 */

import type { Capability } from "../../runtimes/capabilities.ts";
import type { Kit } from "./kit.ts";

export interface Case {
  /** "Subject + criterion". */
  readonly name: string;
  /** What the kind must be able to do. Where it can't, `otherwise` says what happens instead. */
  readonly needs?: Capability;
  /** Throws when the kind of worker doesn't do what the case says. */
  run(kit: Kit): Promise<void>;
  /** What a kind does that lacks `needs`; the table of capabilities says why. */
  otherwise?(kit: Kit): Promise<void>;
}

/** One case for each way to write a worker and each way to wait for an answer. */
export function everyWay(name: string, run: (kit: Kit, worker: Contract, style: Style) => Promise<void>): Case[] {
  const ways: [Contract, Style][] = [
    ["handler.mjs", "promise"],
    ["handler.mjs", "callback"],
    ["contract.mjs", "promise"],
    ["contract.cjs", "callback"],
  ];
  return ways.map(([worker, style]) => ({
    name: `${name} (${worker}, ${style})`,
    run: (kit) => run(kit, worker, style),
  }));
}

/** A worker module of either contract. */
export type Contract = "handler.mjs" | "contract.mjs" | "contract.cjs";

/** How the caller waits. */
export type Style = "promise" | "callback";
