/**
 * Types that flow from the worker module to its callers.
 *
 * @module
 */

/** A function, whatever it takes. */
type AnyFunction = (...args: never[]) => unknown;

/** Exports with a meaning of their own; not tasks. */
type Reserved = "default" | "setup" | "teardown";

/** The names of the tasks in a module `M`: its exported functions. Any string while the module's type is not given. */
export type TaskName<M> = unknown extends M ? string : {
  [K in keyof M & string]: K extends Reserved ? never : M[K] extends AnyFunction ? K : never;
}[keyof M & string];

/** What a task takes. */
export type TaskArgs<M, T> = T extends keyof M ? M[T] extends (args: infer A, ...rest: never[]) => unknown ? A : unknown
  : unknown;

/** What a task answers. */
export type TaskResult<M, T> = T extends keyof M ? M[T] extends (...args: never[]) => infer R ? Awaited<R> : unknown
  : unknown;
