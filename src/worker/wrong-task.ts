/**
 * The errors for jobs that the worker's module can't run, or not in the way that was asked for.
 *
 * @module
 */

import { ClusterError } from "../core/errors.ts";

/** There is no such task. */
export function noSuchTask(task: string | null, tasks: readonly string[]): ClusterError {
  if (task === null && tasks.length === 0) {
    // Without one the worker would not have become ready.
    const message = "the worker module's message listener is gone: it was removed, or added with process.once";
    return new ClusterError("CC_ERR_OPTION", message, { retryable: true });
  }
  const choice = tasks.length > 0 ? `it exports: ${tasks.join(", ")}` : "it exports no task";
  const message = task === null
    ? `the worker module has no default export that is a function: name a task; ${choice}`
    : `task must be a function that the worker module exports, got ${JSON.stringify(task)}; ${choice}`;
  return new ClusterError("CC_ERR_OPTION", message, { retryable: true });
}

/** Values are wanted, and it gives one answer. */
export function yieldsNothing(task: string | null): ClusterError {
  const message = `${
    nameOf(task)
  } can't be streamed: its function must be a generator, or return something to iterate over`;
  return new ClusterError("CC_ERR_OPTION", message);
}

/** One answer is wanted, and it gives values. */
export function yieldsMuch(task: string | null): ClusterError {
  return new ClusterError("CC_ERR_OPTION", `${nameOf(task)} yields values instead of returning one: use stream()`);
}

function nameOf(task: string | null): string {
  return task === null ? "the worker module" : `the task ${JSON.stringify(task)}`;
}
