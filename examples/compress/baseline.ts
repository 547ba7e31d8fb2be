import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { File } from "./files.ts";
import compress, { type Order } from "./worker.ts";

/** How long the main thread took. */
export interface Baseline {
  readonly files: number;
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * Every `step`-th of the files that are not empty. Given in order of size, there are as many large and small ones in the
 * sample as in the whole.
 */
export function sample(files: readonly File[], step: number): File[] {
  const some = files.filter((file) => file.size > 0);
  const first = Math.min(Math.floor(step / 2), some.length - 1);
  return some.filter((_, i) => i % step === first);
}

/** Does what the workers do, file after file, on the main thread. */
export async function measure(
  files: readonly File[],
  order: (file: File) => Order,
  signal: AbortSignal,
): Promise<Baseline> {
  let bytes = 0;
  let milliseconds = 0;
  for (const file of files) {
    // The main thread hears nothing while it compresses, not even Ctrl-C; so it listens in between.
    await setImmediate();
    if (signal.aborted) break;
    const start = performance.now();
    bytes += compress(order(file)).before;
    milliseconds += performance.now() - start;
  }
  return { files: files.length, bytes, seconds: milliseconds / 1000 };
}
