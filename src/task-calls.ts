/**
 * The tasks of a worker module as functions.
 *
 * @module
 */

import { EnqueueSite, mayCapture } from "./enqueue-site.ts";
import type { EnqueueOptions } from "./job-options.ts";
import type { TaskArgs, TaskName, TaskResult } from "./tasks.ts";

/** What the language and its tools ask of any object: tasks of these names are for `enqueue`. */
const NO_TASKS = new Set(["then", "toJSON", "toString", "valueOf", "constructor", "prototype"]);

/**
 * One function for each task of the module `M`; any name, while its type is not given. Arguments that may be `undefined` may be left out.
 */
export type TaskCalls<M> = {
  readonly [T in Exclude<TaskName<M>, "then" | "toJSON" | "toString" | "valueOf" | "constructor" | "prototype">]:
    [undefined] extends [TaskArgs<M, T>]
      ? (args?: TaskArgs<M, T>, options?: Omit<EnqueueOptions, "task">) => Promise<TaskResult<M, T>>
      : (args: TaskArgs<M, T>, options?: Omit<EnqueueOptions, "task">) => Promise<TaskResult<M, T>>;
};

type Call = (args?: unknown, options?: object) => Promise<unknown>;

/** Functions that are made when they are asked for: what the module exports is known to the workers only. */
export function taskCalls<M>(
  enqueue: (site: EnqueueSite | null, args: unknown, options: object) => Promise<unknown>,
): TaskCalls<M> {
  const calls = new Map<string, Call>();
  const target: Record<string, Call> = Object.create(null);
  return new Proxy(target, {
    get: (_, task) => typeof task === "string" && !NO_TASKS.has(task) ? call(task) : undefined,
    has: (_, task) => typeof task === "string" && !NO_TASKS.has(task),
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  }) as TaskCalls<M>;

  function call(task: string): Call {
    const made = calls.get(task) ?? ((args, options) => {
      const site = mayCapture() ? new EnqueueSite(1) : null;
      try {
        return enqueue(site, args, withTask(options, task));
      } catch (error) {
        // Of a getter.
        return Promise.reject(error);
      }
    });
    calls.set(task, made);
    return made;
  }
}

/** What are no options is left to be refused. */
function withTask(options: unknown, task: string): object {
  const given = options ?? {};
  return typeof given === "object" && !Array.isArray(given) ? { ...given, task } : given as object;
}
