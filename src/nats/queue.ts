/**
 * A queue at the broker: a stream of jobs, one of answers, one of jobs that were given up, and one of how often jobs were given back.
 * Each job and each answer has a subject of its own that takes one message, so that a job is in the queue once, and the first answer is
 * the only one.
 *
 * @module
 */

import type { ClusterError } from "../core/errors.ts";
import type { JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream";
import { prolongBuckets } from "./bulk.ts";
import { openConsumers } from "./consumers.ts";
import { engineError, isDenied } from "./faults.ts";
import { foundOrMade } from "./found-or-made.ts";
import { Names } from "./names.ts";
import { type ResolvedQueue, SHAPE } from "./options.ts";

/** The version of what is on the wire. */
const PROTOCOL = 1;

/** For how long the broker knows a message's id, in milliseconds, so that one that is sent again is not taken twice. */
const DUPLICATE_WINDOW = 120_000;

/** How long jobs that were given up are kept, and how often jobs were given back, in milliseconds. */
const KEEP_DEAD = 30 * 24 * 3_600_000;
const KEEP_RETURNS = 24 * 3_600_000;

const NANOS = 1_000_000;

/** What a queue says of itself, in the description of its stream of jobs. */
export interface Label {
  readonly protocol: number;
  /** The version of the worker module, or null for any. */
  readonly version: string | null;
}

/** A queue as it is. */
export interface Found {
  /** In milliseconds. */
  readonly lease: number;
  /** Null for no limit, or one that is not known. */
  readonly maxBacklog: number | null;
  /** How long answers are kept, in milliseconds. */
  readonly keepAnswers: number;
  /** When the stream of answers was made; null if that is not known. */
  readonly answersMade: string | null;
  /** Why it could not be looked at: the user may not. What is said of it is a guess, then. */
  readonly unseen: unknown;
}

/** A stream as it is to be. What is not given is left as it is, or is the default of a new one. */
interface Wanted {
  readonly config: Partial<StreamConfig> & Pick<StreamConfig, "name" | "subjects">;
  readonly given: Partial<StreamConfig>;
}

/**
 * Finds a queue as it is to be: makes what is missing, and changes what is otherwise. Whoever has not the rights to look takes it for
 * made.
 *
 * @param keepsMore Whether a smaller limit deletes nothing; see `connecting.ts`.
 * @param tell Is called when its lease is another than it was: its hosts have to know.
 * @throws {ClusterError} `CC_ERR_ENGINE`.
 */
export async function openQueue(
  wanted: ResolvedQueue,
  jsm: JetStreamManager,
  keepsMore: boolean,
  tell: () => void,
): Promise<Found> {
  const names = new Names(wanted.queue);
  try {
    const { config: { max_msgs: most } } = await openStream(jsm, jobs(wanted, names), (found) => ({
      ...agree(wanted, found.config),
      ...keepsMore ? {} : noLess(wanted, found),
    }));
    const { config: { max_age: kept }, created } = await openStream(jsm, answers(wanted, names));
    if (wanted.shape.keepAnswers !== null) await prolongBuckets(jsm, names, kept);
    await openStream(jsm, last(wanted, names.dead, names.deadJob(">"), KEEP_DEAD));
    await openStream(jsm, last(wanted, names.returns, names.returned(">"), KEEP_RETURNS));
    const lease = await openConsumers(wanted.shape.lease, jsm, names, tell);
    const maxBacklog = most === -1 ? null : most;
    return { lease, maxBacklog, keepAnswers: kept / NANOS, answersMade: created, unseen: null };
  } catch (error) {
    if (!isDenied(error)) throw error;
    const { lease = null, keepAnswers = null, maxBacklog } = wanted.shape;
    return {
      lease: lease ?? SHAPE.lease,
      maxBacklog,
      keepAnswers: keepAnswers ?? SHAPE.keepAnswers,
      answersMade: null,
      unseen: error,
    };
  }
}

function jobs({ shape, version }: ResolvedQueue, names: Names): Wanted {
  return {
    config: {
      name: names.jobs,
      subjects: [names.jobsAt("*")],
      retention: "workqueue",
      discard: "new",
      max_msgs: limit(SHAPE.maxBacklog),
      max_msgs_per_subject: 1,
      discard_new_per_subject: true,
      duplicate_window: DUPLICATE_WINDOW * NANOS,
      num_replicas: SHAPE.replicas,
      description: label({ protocol: PROTOCOL, version }),
    },
    given: {
      ...shape.maxBacklog === null ? {} : { max_msgs: limit(shape.maxBacklog) },
      ...replicas(shape.replicas),
    },
  };
}

function answers({ shape }: ResolvedQueue, names: Names): Wanted {
  return {
    config: {
      name: names.answers,
      subjects: [names.answer(">")],
      retention: "limits",
      discard: "new",
      max_msgs_per_subject: 1,
      discard_new_per_subject: true,
      max_age: SHAPE.keepAnswers * NANOS,
      num_replicas: SHAPE.replicas,
      allow_direct: true,
    },
    given: {
      ...shape.keepAnswers === null ? {} : age(shape.keepAnswers),
      ...replicas(shape.replicas),
    },
  };
}

/** A stream of what is kept for a time, the last of each subject. */
function last({ shape }: ResolvedQueue, name: string, subject: string, most: number): Wanted {
  return {
    config: {
      name,
      subjects: [subject],
      retention: "limits",
      max_msgs_per_subject: 1,
      max_age: most * NANOS,
      num_replicas: SHAPE.replicas,
      allow_direct: true,
    },
    given: replicas(shape.replicas),
  };
}

/** The broker takes no window that is longer than the age. */
function age(most: number): Partial<StreamConfig> {
  return { max_age: most * NANOS, duplicate_window: Math.min(most, DUPLICATE_WINDOW) * NANOS };
}

function replicas(count: number | null): Partial<StreamConfig> {
  return count === null ? {} : { num_replicas: count };
}

/** A smaller limit that is too close to what is there leaves the old one: jobs would be deleted for it, or some that come meanwhile. */
function noLess({ shape }: ResolvedQueue, { config, state: { messages } }: StreamInfo): Partial<StreamConfig> {
  const { maxBacklog } = shape;
  const most = config.max_msgs === -1 ? Infinity : config.max_msgs;
  if (maxBacklog === null || maxBacklog >= most || messages === 0 || messages <= maxBacklog / 2) return {};
  return { max_msgs: config.max_msgs };
}

/** The broker's way to say so. */
function limit(count: number): number {
  return count === Infinity ? -1 : count;
}

/** @param agree Throws for a stream that is not to be touched; otherwise says what else is to be changed. */
async function openStream(
  jsm: JetStreamManager,
  { config, given }: Wanted,
  agree: (found: StreamInfo) => Partial<StreamConfig> = () => ({}),
): Promise<StreamInfo> {
  const info = await foundOrMade(
    () => jsm.streams.info(config.name),
    () => jsm.streams.add({ ...config, ...given, storage: "file" }),
  );
  const found = info.config;
  const wanted = { ...given, ...agree(info) };
  if (Object.entries(wanted).every(([key, value]) => Reflect.get(found, key) === value)) return info;
  return await jsm.streams.update(config.name, { ...found, ...wanted });
}

/** Refuses a queue that is not for us. Whoever names a version first, names the queue's. */
function agree({ queue, version }: ResolvedQueue, { name, description }: StreamConfig): Partial<StreamConfig> {
  const found = readLabel(description);
  if (found === null) throw engineError(`the stream ${name} is not of a queue of compute-cluster`, undefined);
  if (found.protocol !== PROTOCOL) {
    throw engineError(
      `queue ${
        JSON.stringify(queue)
      } speaks version ${found.protocol} of the protocol, this program version ${PROTOCOL}: ` +
        "use the same compute-cluster everywhere",
      undefined,
    );
  }
  if (version === null || version === found.version) return {};
  if (found.version !== null) throw skew(queue, found.version, version);
  return { description: label({ ...found, version }) };
}

/** The error for a module of another version than the queue's. */
export function skew(queue: string, theirs: string, ours: string): ClusterError {
  return engineError(
    `queue ${JSON.stringify(queue)} is for version ${JSON.stringify(theirs)} of the worker module, this is ` +
      `${JSON.stringify(ours)}: use a queue of its own for each version, or the same version everywhere`,
    undefined,
    true,
  );
}

function label(label: Label): string {
  return JSON.stringify({ "compute-cluster": label });
}

/** What a queue says of itself; null for a stream that is no queue. */
export function readLabel(description: string | undefined): Label | null {
  try {
    return JSON.parse(description ?? "")["compute-cluster"] ?? null;
  } catch {
    return null;
  }
}
