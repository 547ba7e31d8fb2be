/**
 * Where a budget can be reached: how a process is told, and how it finds out.
 *
 * @module
 */

import { isGranted } from "../../runtimes/deno-permissions.ts";
import { ownProcess } from "../built-in.ts";
import type { WorkerSpec } from "../core/adapter.ts";
import { BUDGET_KEY } from "../core/frame.ts";

/** The variable that tells a process. */
export const VARIABLE = "COMPUTE_CLUSTER_BUDGET";

/** A budget that another process or thread holds. */
export interface Address {
  /** How many workers stand between whoever asks there and the first program; see `Allocator.join`. */
  readonly level: number;
  /** The path of a socket, or the name of a pipe. */
  readonly path: string;
}

/** As it is handed on. */
export function written({ level, path }: Address): string {
  return `${level}:${path}`;
}

/** A worker's environment, and what it is told beside it: clusters of its own are to take part in the budget. */
export function tellBudget(
  budget: { address(reader: "workers"): Address | null } | null,
  env: WorkerSpec["env"],
): Pick<WorkerSpec, "env" | "budget"> {
  const address = budget?.address("workers") ?? null;
  if (address === null) return { env, budget: null };
  if (env === null) return { env, budget: written(address) };
  // Without a prototype, as it is: spawning takes inherited names for variables too.
  return { env: Object.assign(Object.create(null), env, { [VARIABLE]: written(address) }), budget: null };
}

/** What this process, or thread, was told; null if nothing. */
export function inheritedAddress(): Address | null {
  // The bootstrap tells it to a worker that has no environment of its own.
  const told = (globalThis as Record<symbol, unknown>)[Symbol.for(BUDGET_KEY)] ?? variable();
  const [, level, path] = /^(\d{1,3}):(.+)$/s.exec(String(told ?? "")) ?? [];
  return level === undefined || path === undefined ? null : { level: Number(level), path };
}

function variable(): string | undefined {
  if ("Deno" in globalThis && !isGranted("env", VARIABLE)) return undefined;
  return ownProcess().env[VARIABLE];
}

/** Whether the program may use sockets in this folder; Deno would ask for a right that it was not given. */
export function mayConnect(path: string): boolean {
  if (!("Deno" in globalThis)) return true;
  return isGranted("net") && isGranted("read", path) && isGranted("write", path);
}
