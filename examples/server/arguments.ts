import { parseArgs } from "node:util";

export const USAGE = `usage: main.ts [options]

  --port N           port on 127.0.0.1, 0 for any that is free (default: $PORT, or 8080)
  --workers N        most workers (default: the cores × 1.25)
  --max-backlog N    requests that may wait (default 32)
  --max-latency N    milliseconds that an answer may take (default 2000)
  --cost N           scrypt's cost: N = 2 to the power of it (default 14; each step more doubles time and memory)
  --help             show this`;

/** What the user asked for. */
export interface Arguments {
  readonly help: boolean;
  readonly port: number;
  readonly workers: number | undefined;
  readonly maxBacklog: number;
  readonly maxLatency: number;
  readonly cost: number;
}

/** Reads the command line. Throws an `Error` that says what is wrong with it. */
export function readArguments(args: readonly string[], port: string | undefined): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: port ?? "8080" },
      workers: { type: "string" },
      "max-backlog": { type: "string", default: "32" },
      "max-latency": { type: "string", default: "2000" },
      cost: { type: "string", default: "14" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    help: values.help,
    port: integer("port", values.port, 0, 65_535),
    workers: values.workers === undefined ? undefined : integer("workers", values.workers, 1, 1024),
    maxBacklog: integer("max-backlog", values["max-backlog"], 0, 100_000),
    maxLatency: integer("max-latency", values["max-latency"], 1, 600_000),
    cost: integer("cost", values.cost, 1, 20),
  };
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`--${name} must be an integer from ${min} to ${max}, got ${JSON.stringify(text)}`);
}
