/**
 * How to reach a queue, and what it is like.
 *
 * @module
 */

import { OptionRangeError } from "../core/errors.ts";
import * as check from "../validate.ts";
import { OWNER, WORD } from "./names.ts";

/** How to reach a NATS server. */
export interface AccessOptions {
  /**
   * URLs of one server or of several of one cluster, such as `nats://host:4222`; `tls://host:4222` for one with TLS, as `tls: {}` says
   * it, too.
   */
  servers: string | readonly string[];
  /**
   * The longest that a server is looked for at first, in milliseconds. One that is lost later is looked for without end.
   *
   * @default 10_000
   */
  connectTimeout?: number | undefined;
  /** A token, for a server that asks for one. */
  token?: string | undefined;
  /** A user's name, for a server that asks for one. */
  user?: string | undefined;
  /** The user's password. */
  pass?: string | undefined;
  /** The path of a credentials file (`.creds`). */
  credentials?: string | undefined;
  /** For a server with TLS: paths of PEM files. `{}` for one whose certificate the system trusts. */
  tls?: TlsOptions | undefined;
  /** What else the official client takes: its `ConnectionOptions`. A lost connection is looked for without end, whatever they say. */
  connection?: Readonly<Record<string, unknown>> | undefined;
}

/** A queue at a NATS server. What a queue is like (from `maxBacklog` on) is kept at the server: whoever gives another value changes it. */
export interface QueueOptions extends AccessOptions {
  /** The queue's name: letters, digits, `_` and `-`, 64 at most. Its jobs are run by the hosts that serve it. */
  queue: string;
  /**
   * The version of the worker module that the jobs are for. Whoever has another version than the queue's is refused.
   *
   * @default any
   */
  version?: string | undefined;
  /**
   * The most jobs of the queue that wait or run; one more is refused with `CC_ERR_BACKLOG_FULL`. -1 or Infinity: no limit.
   *
   * @default 100_000
   */
  maxBacklog?: number | undefined;
  /**
   * How long a host may be silent before its jobs are given to others, in milliseconds, 1000 to 1e12. Hosts say that they are there
   * three times as often, however long their jobs take.
   *
   * @default 15_000
   */
  lease?: number | undefined;
  /**
   * How long answers are kept, in milliseconds, 1000 to 1e12: for programs that are away, and for jobs that are enqueued again under
   * their `id`.
   *
   * @default 3_600_000
   */
  keepAnswers?: number | undefined;
  /**
   * On how many servers of the cluster each message is kept, 1 to 5.
   *
   * @default 1
   */
  replicas?: number | undefined;
}

/** Files for TLS. */
export interface TlsOptions {
  /** Whom to trust. */
  readonly caFile?: string;
  /** Who this program is. */
  readonly certFile?: string;
  /** The key of that. */
  readonly keyFile?: string;
}

/** Options of whoever connects. */
export const ACCESS_NAMES: readonly (keyof AccessOptions)[] = [
  "servers",
  "connectTimeout",
  "token",
  "user",
  "pass",
  "credentials",
  "tls",
  "connection",
];

/** Options of whoever uses a queue. */
export const QUEUE_NAMES: readonly (keyof QueueOptions)[] = [
  ...ACCESS_NAMES,
  "queue",
  "version",
  "maxBacklog",
  "lease",
  "keepAnswers",
  "replicas",
];

/** What a queue is to be like; null for what was not given: as it is, or the default. */
export interface QueueShape {
  readonly maxBacklog: number | null;
  readonly lease: number | null;
  readonly keepAnswers: number | null;
  readonly replicas: number | null;
}

/** The defaults. */
export const SHAPE = { maxBacklog: 100_000, lease: 15_000, keepAnswers: 3_600_000, replicas: 1 } as const;

/** How to get a connection. */
export interface Access {
  readonly servers: readonly string[];
  readonly connectTimeout: number;
  readonly credentials: string | null;
  readonly connection: Readonly<Record<string, unknown>>;
}

/** Options of a queue, complete and checked. */
export interface ResolvedQueue {
  readonly queue: string;
  readonly version: string | null;
  readonly access: Access;
  readonly shape: QueueShape;
}

/**
 * Checks what a user gave.
 *
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 */
export function resolveQueue(given: Partial<Record<keyof QueueOptions, unknown>>): ResolvedQueue {
  return {
    queue: word("queue", given.queue),
    version: optional(given.version, (value) => check.text("version", value)),
    access: resolveAccess(given),
    shape: {
      maxBacklog: optional(given.maxBacklog, maxBacklog),
      lease: optional(given.lease, (value) => seconds("lease", value)),
      keepAnswers: optional(given.keepAnswers, (value) => seconds("keepAnswers", value)),
      replicas: optional(given.replicas, (value) => check.integer("replicas", value, 1, 5)),
    },
  };
}

/** The same of how to get a connection alone. */
export function resolveAccess(given: Partial<Record<keyof AccessOptions, unknown>>): Access {
  const all = servers(given.servers);
  return {
    servers: all,
    connectTimeout: optional(given.connectTimeout, (value) => check.duration("connectTimeout", value, "more than 0")) ??
      10_000,
    credentials: optional(given.credentials, (value) => check.text("credentials", value)),
    connection: connection(given, all.some((url) => /^tls:/i.test(url))),
  };
}

function optional<T>(value: unknown, checked: (value: unknown) => T): T | null {
  return value === undefined ? null : checked(value);
}

/** Text that may be part of a subject. */
export function word(name: string, value: unknown): string {
  const text = check.text(name, value);
  if (WORD.test(text)) return text;
  throw check.outOfRange(name, "1 to 64 letters, digits, - and _", value);
}

/** The name of an owner. */
export function ownerName(name: string, value: unknown): string {
  const text = check.text(name, value);
  if (OWNER.test(text)) return text;
  throw check.outOfRange(name, "1 to 64 letters, digits and -", value);
}

function servers(value: unknown): readonly string[] {
  if (typeof value === "string") return [server("servers", value)];
  const all = check.texts("servers", value);
  if (all.length === 0) throw check.outOfRange("servers", "one URL at least", value);
  return all.map((url, i) => server(`servers[${i}]`, url));
}

/** The client takes `host:4222`, too. Of a URL it would leave out what it does not know: a password, or that there has to be TLS. */
function server(name: string, value: string): string {
  const text = check.text(name, value);
  // It would stand in what is told. Not shown here either.
  if (text.includes("@")) {
    throw new OptionRangeError(`${name} must have no password: there are the options user, pass and token`);
  }
  const whole = text.includes("://") ? text : `nats://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url && /^(?:nats|tls):\/\/[^/?#]+\/?$/.test(url.href)) return text;
  throw check.outOfRange(name, "the URL of a NATS server, such as nats://host:4222 or tls://host:4222", value);
}

function connection(given: Partial<Record<string, unknown>>, usesTls: boolean): Access["connection"] {
  // The client itself does not look at what a URL begins with.
  const own: Record<string, unknown> = usesTls ? { tls: {} } : {};
  for (const name of ["token", "user", "pass"]) {
    if (given[name] !== undefined) own[name] = check.text(name, given[name]);
  }
  if (given["tls"] !== undefined) own["tls"] = check.ownOptions(given["tls"], "tls", ["caFile", "certFile", "keyFile"]);
  const more = given["connection"];
  if (more !== undefined && (typeof more !== "object" || more === null)) {
    throw check.wrongType("connection", "an object", more);
  }
  return { ...own, ...more };
}

/** At least 1: to the broker, 0 is no limit. */
export function maxBacklog(value: unknown): number {
  return value === -1 ? Infinity : check.count("maxBacklog", value, 1, true, ", or -1 for no limit");
}

/** A second at least: the broker's own limits are not far below. It counts nanoseconds, of which it has 63 bits. */
function seconds(name: string, value: unknown): number {
  const rule = "a number of milliseconds, 1000 to 1e12";
  const duration = check.amount(name, value, rule);
  if (duration < 1000 || duration > 1e12) throw check.outOfRange(name, rule, value);
  return duration;
}
