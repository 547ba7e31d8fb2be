import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { ComputeCluster, type DenoPermissions } from "../../mod.ts"; // in your program: "compute-cluster"
import type { Arguments } from "./arguments.ts";
import { measure, sample } from "./baseline.ts";
import { compressAll, type Compressor, type Outcome } from "./compress-all.ts";
import { defaultFiles, type File, filesOf, type Listing } from "./files.ts";
import { OutFolder } from "./out-folder.ts";
import { progressOf } from "./progress.ts";
import { reportBaseline, reportFailures, reportRun } from "./report.ts";
import type { Order } from "./worker.ts";

/** What the program exits with. */
export const EXIT = { done: 0, someFailed: 1, nothingDone: 2, interrupted: 130 } as const;

/** What there is to do. */
export interface Work {
  readonly args: Arguments;
  readonly listing: Listing;
  readonly out: OutFolder | null;
}

/** Finds the files. Throws if there is nothing to do. */
export async function prepare(args: Arguments): Promise<Work> {
  const listing = args.folder === null ? await defaultFiles() : await filesOf(args.folder);
  if (listing.files.length === 0) throw new Error(`there are no files in ${listing.folder}`);
  const out = args.out === null ? null : await OutFolder.open(listing.folder, args.out);
  return { args, listing, out };
}

/** Compresses the files, reports, and returns the exit code. */
export async function run(work: Work, signal: AbortSignal): Promise<number> {
  const { args, listing, out } = work;
  const order = (file: File): Order => ({ path: file.path, quality: args.quality, target: out?.target(file) ?? null });
  const start = performance.now();
  const outcome = await compress(work, order, signal);
  const seconds = (performance.now() - start) / 1000;

  if (signal.aborted) console.log(`interrupted after ${outcome.compressed.length} of ${listing.files.length} files`);
  reportRun(outcome, seconds, args);
  const failures = [...listing.failures, ...outcome.failures];
  reportFailures(failures);
  // So many that the main thread needs about half the time of the workers.
  const compared = args.baseline === "sample"
    ? sample(bySize(outcome.compressed), 2 * args.workers)
    : outcome.compressed;
  if (!signal.aborted && args.baseline !== "none" && compared.length > 0) {
    console.error(`main thread: ${compared.length} files, for comparison`);
    const baseline = await measure(compared, order, signal);
    if (!signal.aborted) reportBaseline(baseline, outcome, seconds);
  }
  if (signal.aborted) return EXIT.interrupted;
  return failures.length > 0 ? EXIT.someFailed : EXIT.done;
}

async function compress(
  { args, listing, out }: Work,
  order: (file: File) => Order,
  signal: AbortSignal,
): Promise<Outcome> {
  const cc: Compressor = new ComputeCluster({
    module: new URL("./worker.ts", import.meta.url),
    maxWorkers: args.workers,
    isolation: args.isolation,
    permissions: permissions(args, listing, out),
  });
  // A worker that dies fails the file that it had, and that is listed; so there is nothing more to be done here.
  cc.on("error", () => {});
  // Large files first: one of them started last would leave a single worker busy at the end.
  const files = bySize(listing.files);
  const progress = progressOf(files);
  try {
    // Two for each worker: the one that runs, and the next.
    return await compressAll(cc, { files, order, outstanding: 2 * args.workers, signal, done: progress.done });
  } finally {
    progress.stop();
    await cc.close();
  }
}

function bySize(files: readonly File[]): File[] {
  return files.toSorted((a, b) => b.size - a.size);
}

/** Deno asks what a process may do; elsewhere, and in threads, it is what the program may do. */
function permissions(
  { isolation }: Arguments,
  { folder }: Listing,
  out: OutFolder | null,
): DenoPermissions | undefined {
  if (!("Deno" in globalThis) || isolation !== "process") return undefined;
  const own = dirname(fileURLToPath(import.meta.url));
  return { read: [own, folder, ...(out ? [out.folder] : [])], write: out ? [out.folder] : false };
}
