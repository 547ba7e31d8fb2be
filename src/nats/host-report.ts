/**
 * What a host tells of itself, to whoever listens. Nothing of it is kept.
 *
 * @module
 */

/** How a host is, and what it does for one queue. Times are its own: durations, in milliseconds. */
export interface HostReport {
  /** The queue's name. */
  readonly queue: string;
  /** Its name. */
  readonly host: string;
  /** Its process. */
  readonly pid: number;
  /** Such as `node 24.11.0`. */
  readonly runtime: string;
  /** The version of compute-cluster. */
  readonly library: string;
  /** The version of its worker module; null if it has not said. */
  readonly version: string | null;
  /** `draining`: it takes no more jobs. `gone`: this is the last that it tells. */
  readonly state: "serving" | "draining" | "gone";
  /** How many jobs it can run at once, of all queues that it serves. */
  readonly slots: number;
  /** How many of these have no job. */
  readonly free: number;
  /** Jobs of the queue that it has. */
  readonly held: number;
  /** How many of those have not begun. */
  readonly waiting: number;
  /** Jobs of the queue that it has answered with a value. */
  readonly done: number;
  /** Jobs of the queue that have ended there in any other way. */
  readonly failed: number;
  /** How long a job runs there; 0 while nothing is known. */
  readonly ran: number;
  /** Jobs of the queue that it answers a second, of late. */
  readonly rate: number;
  /** How many a second it can do with all its slots, as measured; 0 while nothing is known. */
  readonly capacity: number;
  /** How long it has served. */
  readonly uptime: number;
}

/** Every member, and what it must be. */
const MEMBERS: { readonly [name in keyof HostReport]: (value: unknown) => boolean } = {
  queue: isText,
  host: isText,
  pid: isAmount,
  runtime: isText,
  library: isText,
  version: (value) => value === null || isText(value),
  state: (value) => value === "serving" || value === "draining" || value === "gone",
  slots: isAmount,
  free: isAmount,
  held: isAmount,
  waiting: isAmount,
  done: isAmount,
  failed: isAmount,
  ran: isAmount,
  rate: isAmount,
  capacity: isAmount,
  uptime: isAmount,
};

/** Writes one. */
export function writeReport(report: HostReport): string {
  return JSON.stringify(report, (_, value) => typeof value === "number" ? Math.round(value * 1000) / 1000 : value);
}

/** Reads one; null for what is none: whoever has the right may say anything. Members of newer versions are left out. */
export function readReport(text: string): HostReport | null {
  try {
    const found = JSON.parse(text) as Record<string, unknown> | null;
    const members = Object.entries(MEMBERS).map(([name, isRight]) => {
      const value = found?.[name];
      if (!isRight(value)) throw new TypeError(`${name} is wrong`);
      return [name, value];
    });
    return Object.fromEntries(members) as HostReport;
  } catch {
    return null;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isAmount(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}
