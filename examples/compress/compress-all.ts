import { ClusterError, type ComputeCluster } from "../../mod.ts";
import { type Failure, type File, reasonOf } from "./files.ts";
import type { Order } from "./worker.ts";

/** A cluster of workers of this example. */
export type Compressor = ComputeCluster<typeof import("./worker.ts")>;

export interface Run {
  readonly files: readonly File[];
  readonly order: (file: File) => Order;
  /** How many files the cluster has at a time, running and waiting. */
  readonly outstanding: number;
  /** Aborted to stop early. */
  readonly signal: AbortSignal;
  /** Called after each file. */
  readonly done: (file: File) => void;
}

/** What became of the files. */
export interface Outcome {
  readonly compressed: File[];
  readonly failures: Failure[];
  /** Bytes of those that were compressed. */
  before: number;
  after: number;
}

/**
 * Compresses all files. The cluster never has more than `outstanding` of them, so however many there are, its backlog and
 * the memory stay small.
 */
export async function compressAll(cc: Compressor, { files, order, outstanding, signal, done }: Run): Promise<Outcome> {
  const outcome: Outcome = { compressed: [], failures: [], before: 0, after: 0 };
  const rest = files.values();

  // All lanes draw from the one iterator; each takes its next file once its last one is answered.
  const lane = async (): Promise<void> => {
    for (const file of rest) {
      if (signal.aborted) return;
      try {
        const { before, after } = await cc.enqueue(order(file), { signal });
        outcome.compressed.push(file);
        outcome.before += before;
        outcome.after += after;
      } catch (error) {
        if (signal.aborted) return;
        // No file's fault: the others would fare the same.
        if (error instanceof ClusterError && error.code === "CC_ERR_WORKER_START") throw error;
        outcome.failures.push({ path: file.path, reason: reasonOf(error) });
      }
      done(file);
    }
  };
  await Promise.all(Array.from({ length: outstanding }, lane));
  return outcome;
}
