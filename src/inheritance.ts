/**
 * What a worker gets of the program's own environment and arguments, when nothing else is asked for.
 *
 * @module
 */

import { ownProcess } from "./built-in.ts";
import type { Isolation } from "./core/adapter.ts";

/**
 * Variables by which the runtime tells its own kind of child; a worker of ours is not that child. With the last, of `node --watch`, Node
 * sends its parent a message for each module that is loaded.
 */
const PRIVATE_VARIABLES = [
  "NODE_UNIQUE_ID",
  "NODE_WORKER_ID",
  "NODE_CHANNEL_FD",
  "NODE_CHANNEL_SERIALIZATION_MODE",
  "WATCH_REPORT_DEPENDENCIES",
];

/** The program's environment as it is now, or null where it may not be read (Deno without `--allow-env`). */
export function inheritedEnv(isolation: Isolation): Record<string, string> | null {
  try {
    const env = workerEnv(ownProcess().env);
    // Node reads a thread's `NODE_OPTIONS` only if it is not the program's own, and then refuses much of it.
    return isolation === "thread" ? env : withoutDebugger(env);
  } catch {
    return null;
  }
}

/** A copy of an environment for a worker, without a prototype: spawning takes inherited names for variables too. */
export function workerEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const copy: Record<string, string> = Object.create(null);
  for (const name of Object.keys(env)) {
    const value = env[name];
    if (value !== undefined && !PRIVATE_VARIABLES.includes(name)) copy[name] = value;
  }
  return copy;
}

/** Has Bun wait for a debugger, or report to one, at the program's own address. */
const BUN_DEBUGGER = /^BUN_INSPECT/;

/** In `NODE_OPTIONS`. */
const NODE_DEBUGGER = /^"?--(?:inspect|debug)/;

/** A debugger is the program's own: a worker can't have its port, and nobody would resume a worker at its first line. */
export function withoutDebugger(env: Record<string, string>): Record<string, string> {
  for (const name of Object.keys(env)) if (BUN_DEBUGGER.test(name)) delete env[name];
  for (const name of ["NODE_OPTIONS", "BUN_OPTIONS"]) {
    const given = env[name];
    if (given === undefined) continue;
    const kept = optionsWithoutDebugger(given);
    if (kept === "") delete env[name];
    else env[name] = kept;
  }
  return env;
}

function optionsWithoutDebugger(given: string): string {
  const kept: string[] = [];
  let keeps = true;
  // Words, as Node reads them: a blank in quotes does not end one.
  for (const word of given.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? []) {
    // What is no flag is the value of the one before.
    if (/^"?-/.test(word)) keeps = !NODE_DEBUGGER.test(word);
    if (keeps) kept.push(word);
  }
  return kept.join(" ");
}

/** Flags of the program alone: a debugger's port, a text to evaluate, a test runner, a watcher, the folder that it has gone to (Bun). */
const OWN_FLAGS =
  /^--(?:inspect|debug|input-type|eval|print|check|interactive|test|watch|prof|cpu-prof|heap-prof|build-sea|run|env-file|cwd)/;

/** The same, short. */
const OWN_SHORT_FLAGS = new Set(["-c", "-i", "-e", "-p", "-pe"]);

/** The same whose value, the next argument, may look like a flag. */
const OWN_TEXT_FLAGS = new Set(["-e", "-p", "-pe", "--eval", "--print"]);

/**
 * Of the program's runtime flags those that a worker should have: loaders, conditions, memory limits.
 *
 * @param execArgv The program's `process.execArgv`.
 */
export function inheritedExecArgv(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  let keeps = true;
  for (let i = 0; i < execArgv.length; i++) {
    const flag = execArgv[i] as string;
    // What is no flag is the value of the one before.
    if (flag.startsWith("-")) keeps = !OWN_FLAGS.test(flag) && !OWN_SHORT_FLAGS.has(flag);
    if (keeps) kept.push(flag);
    if (OWN_TEXT_FLAGS.has(flag)) i++;
  }
  return kept;
}
