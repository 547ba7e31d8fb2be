/**
 * Types that flow from the worker module to its callers.
 *
 * @module
 */

/**
 * The names of the tasks in a module `M`: its exported functions, less those with a meaning of their own. Any string while
 * the module's type is not given.
 */
export type TaskName<M> = unknown extends M ? string
  : {
    [K in keyof M & string]: K extends "default" | "setup" | "teardown" ? never
      : M[K] extends (...args: never[]) => unknown ? K
      : never;
  }[keyof M & string];

/** What a task takes. */
export type TaskArgs<M, T> = T extends keyof M ? M[T] extends (args: infer A, ...rest: never[]) => unknown ? A : unknown
  : unknown;

/** What a task yields that is a generator, or returns something to iterate over. */
export type TaskYield<M, T> = unknown extends TaskResult<M, T> ? unknown
  : TaskResult<M, T> extends string ? never
  : TaskResult<M, T> extends AsyncIterable<infer Y> ? Y
  : TaskResult<M, T> extends Iterable<infer Y> ? Awaited<Y>
  : never;

/** What a task answers. */
export type TaskResult<M, T> = T extends keyof M ? M[T] extends (...args: never[]) => infer R ? Awaited<R> : unknown
  : unknown;
