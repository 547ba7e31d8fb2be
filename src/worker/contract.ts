/**
 * Finds out what a worker module offers.
 *
 * @module
 */

/** What runs a job in a module that exports functions. */
export type Handler = (args: unknown, context: unknown) => unknown;

/** A module's exports, as the bootstrap uses them. */
export interface Contract {
  /** The handler of a task (null: the default export), or undefined if the module has none. */
  handler(task: string | null): Handler | undefined;
  /** The names of the tasks. */
  readonly tasks: readonly string[];
  readonly setup: ((data: unknown) => unknown) | undefined;
  readonly teardown: (() => unknown) | undefined;
}

/** Exports with a meaning of their own; not tasks. */
const RESERVED = new Set(["default", "setup", "teardown", "module.exports", "__esModule"]);

/** Reads a module's namespace, ES module or CommonJS. Own properties only: no task is called `toString`. */
export function readContract(namespace: object): Contract {
  const functions = new Map<string, Handler>();
  collect(namespace, functions);
  const { default: main } = namespace as { default?: unknown };
  // CommonJS: `module.exports = { a, b }`, and the double default of a transpiled ES module.
  if (typeof main === "object" && main !== null) collect(main, functions);
  const handler = (task: string | null): Handler | undefined => {
    if (task === null) return functions.get("default");
    return RESERVED.has(task) ? undefined : functions.get(task);
  };
  return {
    handler,
    tasks: [...functions.keys()].filter((name) => !RESERVED.has(name)),
    setup: functions.get("setup") as Contract["setup"],
    teardown: functions.get("teardown") as Contract["teardown"],
  };
}

function collect(exports: object, functions: Map<string, Handler>): void {
  for (const name of Object.keys(exports)) {
    const value = (exports as Record<string, unknown>)[name];
    if (typeof value === "function" && !functions.has(name)) functions.set(name, value as Handler);
  }
}
