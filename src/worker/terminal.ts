/**
 * What a terminal has to do with a worker process: its name, and its signals.
 *
 * @module
 */

/** Has `ps` show the module's path instead of the bootstrap's source, unless the user wants it to show something else. */
export function takeTitle(process: NodeJS.Process, before: string, path: string): void {
  if (process.title !== before || process.execArgv.some((flag) => flag.startsWith("--title"))) return;
  process.title = `compute-cluster worker ${path}`;
}

/** Ctrl-C and the end of a terminal reach the whole process group; what becomes of the workers is for the host to decide. */
export function leaveSignalsToHost(process: NodeJS.Process): void {
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
}
