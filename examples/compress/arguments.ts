import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export const USAGE = `usage: main.ts [folder] [options]

Compresses every file of a folder with brotli, on all cores. Without a folder: text files of this project's node_modules.

  --quality N            brotli quality, 0 to 11 (default 11)
  --workers N            workers (default: one for each core)
  --isolation KIND       process or thread (default: what suits the runtime)
  --out FOLDER           write the compressed files there, as the same tree with .br added (default: write nothing)
  --no-baseline          do not measure the main thread
  --full-baseline        measure the main thread with all files, not with a sample
  --help                 show this`;

/** What the user asked for. */
export interface Arguments {
  readonly help: boolean;
  /** Null for the default files. */
  readonly folder: string | null;
  readonly quality: number;
  readonly workers: number;
  readonly isolation: "process" | "thread" | undefined;
  readonly out: string | null;
  readonly baseline: "none" | "sample" | "full";
}

/** Reads the command line. Throws an `Error` that says what is wrong with it. */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quality: { type: "string", default: "11" },
      workers: { type: "string", default: String(availableParallelism()) },
      isolation: { type: "string" },
      out: { type: "string" },
      "no-baseline": { type: "boolean", default: false },
      "full-baseline": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 1) {
    throw new Error(`one folder at a time, got ${positionals.length}: ${positionals.join(", ")}`);
  }
  return {
    help: values.help,
    folder: positionals[0] ?? null,
    quality: integer("quality", values.quality, 0, 11),
    workers: integer("workers", values.workers, 1, 1024),
    isolation: isolation(values.isolation),
    out: values.out ?? null,
    baseline: values["no-baseline"] ? "none" : values["full-baseline"] ? "full" : "sample",
  };
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`--${name} must be an integer from ${min} to ${max}, got ${JSON.stringify(text)}`);
}

function isolation(text: string | undefined): Arguments["isolation"] {
  if (text === undefined || text === "process" || text === "thread") return text;
  throw new Error(`--isolation must be process or thread, got ${JSON.stringify(text)}`);
}
