/**
 * The name of a worker process.
 *
 * @module
 */

/** Has `ps` show the module's path instead of the bootstrap's source, unless the user wants it to show something else. */
export function takeTitle(process: NodeJS.Process, before: string, path: string): void {
  if (process.title !== before || process.execArgv.some((flag) => flag.startsWith("--title"))) return;
  process.title = `compute-cluster worker ${path}`;
}
