/**
 * Which runtime this is, and its adapters. All are imported on every runtime and one is picked at run time: a bundler
 * would freeze a choice made by export conditions, and JSR has none.
 *
 * @module
 */

import type { Isolation, WorkerAdapter } from "../src/core/adapter.ts";
import { bunProcess, bunThread } from "./bun.ts";
import { denoProcess, denoThread } from "./deno.ts";
import { nodeProcess, nodeThread } from "./node.ts";

/** A runtime that clusters run on. */
export type Runtime = "node" | "bun" | "deno";

/** The runtime of this program. Bun and Deno are asked first: both also claim to be Node. */
export const runtime: Runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

const ADAPTERS: Readonly<Record<Runtime, Readonly<Record<Isolation, WorkerAdapter>>>> = {
  node: { process: nodeProcess, thread: nodeThread },
  bun: { process: bunProcess, thread: bunThread },
  deno: { process: denoProcess, thread: denoThread },
};

/** The adapter for this runtime. */
export function adapterFor(isolation: Isolation): WorkerAdapter {
  return ADAPTERS[runtime][isolation];
}
