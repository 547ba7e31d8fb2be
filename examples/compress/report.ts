import type { Arguments } from "./arguments.ts";
import type { Baseline } from "./baseline.ts";
import type { Outcome } from "./compress-all.ts";
import type { Failure } from "./files.ts";

export function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What the workers did. */
export function reportRun({ compressed, before, after }: Outcome, seconds: number, args: Arguments): void {
  const share = before === 0 ? "" : ` (${((100 * after) / before).toFixed(1)} %)`;
  console.log(`files     ${compressed.length}, each decompressed again and compared`);
  console.log(`bytes     ${megabytes(before)} before, ${megabytes(after)} after${share}`);
  console.log(
    `seconds   ${seconds.toFixed(1)} with ${args.workers} workers at quality ${args.quality}, their start included`,
  );
}

/** How much faster that was than the main thread. */
export function reportBaseline(baseline: Baseline, { compressed, before }: Outcome, seconds: number): void {
  const measured = `main thread: ${baseline.seconds.toFixed(1)} s for`;
  if (baseline.files === compressed.length) {
    console.log(`speed-up  ${times(baseline.seconds / seconds)} (${measured} the same files)`);
    return;
  }
  const whole = baseline.seconds * (before / baseline.bytes);
  const part = `${baseline.files} of the files, ${megabytes(baseline.bytes)}`;
  console.log(
    `speed-up  ${times(whole / seconds)} (${measured} ${part}; by that ${
      whole.toFixed(1)
    } s for all, estimated by bytes)`,
  );
}

function times(factor: number): string {
  return `${factor.toFixed(2)} times`;
}

export function reportFailures(failures: readonly Failure[]): void {
  if (failures.length === 0) return;
  console.error(`failed    ${failures.length}:`);
  for (const { path, reason } of failures) console.error(`  ${path}: ${reason}`);
}
