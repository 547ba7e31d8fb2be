/**
 * What is too large for a message: kept in the broker's object store, in a bucket of its owner's, until it has been taken.
 *
 * It is written by the official client. It is read from the stream itself, part by part, and by its leader: the client reads through a
 * consumer, which needs more rights, is nobody's if the connection is lost, and waits for ever for what was deleted meanwhile.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { JetStreamManager, MsgRequest } from "@nats-io/jetstream";
import type { ObjectInfo, ObjectStore } from "@nats-io/obj";
import type { MsgHdrs } from "@nats-io/transport-node";
import { ClusterError } from "../core/errors.ts";
import { engineError, isDenied, isLasting, isMissing, isOutOfRoom } from "./faults.ts";
import { type Body, sizeOf } from "./letters.ts";
import type { Broker } from "./link.ts";
import { freshName, type Names } from "./names.ts";
import { forgetStored } from "./stored.ts";
import type { Written } from "./values.ts";

/** What a message has beside its value and the headers that are counted, in bytes: what the client and hosts add. */
const BESIDE = 1_024;

/** Values up to this part of the largest message go into it, unless their headers leave them no room; smaller ones always. */
const PART = 0.8;
const SMALL = 0.25;

/** How long something is kept that nobody takes, in milliseconds, unless answers are kept for longer. */
const KEPT = 24 * 3_600_000;

/** The largest part of a value that is one message in the store, in bytes. */
const PIECE = 128 * 1_024;

/** What is used of a broker. */
export type BulkBroker = Pick<Broker, "client" | "js" | "jsm" | "keepAnswers" | "purges">;

/** Large values of one queue. */
export class Bulk {
  readonly #names: Names;
  readonly #replicas: number;
  readonly #stores = new Map<string, Promise<ObjectStore>>();
  /** In the names of what is kept, so that no two programs use the same. */
  readonly #program = freshName();
  readonly #dropping = new Set<Promise<void>>();
  #last = 0;

  constructor(names: Names, replicas: number) {
    this.#names = names;
    this.#replicas = replicas;
  }

  /**
   * A value as the body of a message. Keeps it in the store if it is too large for one.
   *
   * @param headers The message's, which take some of its room.
   * @throws {ClusterError} `CC_ERR_ENGINE` if the store can't take it.
   */
  async pack(broker: Broker, owner: string, { encoding, bytes }: Written, headers: MsgHdrs): Promise<Body> {
    if (fits(bytes.byteLength, headers, broker.maxPayload)) return { encoding, bytes, object: null };
    const object = `${this.#program}.${++this.#last}`;
    await this.#put(broker, owner, object, bytes);
    return { encoding, bytes: new Uint8Array(0), object };
  }

  /** Keeps a value again that the broker may have lost; not if it is there. */
  async restore(broker: Broker, owner: string, { object }: Body, { bytes }: Written): Promise<void> {
    if (object === null || await this.#find(broker, owner, object)) return;
    await this.#put(broker, owner, object, bytes);
  }

  /** It was taken. */
  async drop(broker: BulkBroker, owner: string, { object }: Pick<Body, "object">): Promise<void> {
    if (object === null) return;
    const dropping = this.#drop(broker, owner, object);
    this.#dropping.add(dropping);
    try {
      await dropping;
    } finally {
      this.#dropping.delete(dropping);
    }
  }

  /** Resolves when all that was taken until now is deleted, or can't be. */
  async dropped(): Promise<void> {
    await Promise.allSettled(this.#dropping);
  }

  async #drop(broker: BulkBroker, owner: string, object: string): Promise<void> {
    const info = await this.#find(broker, owner, object);
    if (!info) return;
    const { stream, parts, head } = this.#subjects(owner, info);
    await remove(broker, stream, parts);
    await remove(broker, stream, head);
  }

  async #put(broker: Broker, owner: string, object: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#write(broker, owner, object, bytes);
    } catch (error) {
      const what = `a value of ${bytes.byteLength} bytes can't be kept in the bucket ${this.#names.bucket(owner)}`;
      if (isOutOfRoom(error)) throw engineError(`${what}: the server has no room for it`, error, true);
      throw isLasting(error) ? engineError(what, error, true) : error;
    }
  }

  async #write(broker: Broker, owner: string, object: string, bytes: Uint8Array, again = false): Promise<void> {
    const options = { max_chunk_size: Math.min(PIECE, Math.floor(broker.maxPayload / 2)) };
    const opening = this.#store(broker, owner);
    try {
      await (await opening).putBlob({ name: object, options }, bytes);
    } catch (error) {
      if (!isMissing(error) || again) throw error;
      this.#forget(owner, opening);
      await this.#write(broker, owner, object, bytes, true);
    }
  }

  /**
   * What is kept under a name.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if it is not there any more, and whatever the broker is at fault with.
   */
  async fetch(broker: BulkBroker, owner: string, object: string): Promise<Uint8Array> {
    const info = await this.#find(broker, owner, object);
    if (!info) throw gone(object);
    const { stream, parts } = this.#subjects(owner, info);
    const bytes = new Uint8Array(info.size);
    for (let at = 0, seq = 1; at < info.size;) {
      const part = await broker.jsm.streams.getMessage(stream, { seq, next_by_subj: parts } as MsgRequest);
      if (part === null || at + part.data.length > info.size) throw gone(object);
      bytes.set(part.data, at);
      at += part.data.length;
      seq = part.seq + 1;
    }
    return bytes;
  }

  async #find(broker: BulkBroker, owner: string, object: string): Promise<ObjectInfo | null> {
    const opening = this.#store(broker, owner);
    try {
      const found = await (await opening).info(object);
      return found?.deleted ? null : found;
    } catch (error) {
      if (isMissing(error)) {
        this.#forget(owner, opening);
        return null;
      }
      if (isDenied(error)) throw engineError(`the value ${object} can't be had`, error);
      throw error;
    }
  }

  #subjects(owner: string, { name, nuid }: ObjectInfo): { stream: string; parts: string; head: string } {
    const bucket = this.#names.bucket(owner);
    const token = Buffer.from(name).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    return { stream: `OBJ_${bucket}`, parts: `$O.${bucket}.C.${nuid}`, head: `$O.${bucket}.M.${token}` };
  }

  #store(broker: BulkBroker, owner: string): Promise<ObjectStore> {
    const found = this.#stores.get(owner);
    if (found) return found;
    const opening = openBucket(broker, this.#names.bucket(owner), this.#replicas);
    this.#stores.set(owner, opening);
    opening.catch(() => this.#stores.delete(owner));
    return opening;
  }

  /** Its bucket is gone: it is made anew by whoever next has something to keep. Somebody may have done so already. */
  #forget(owner: string, store: Promise<ObjectStore>): void {
    if (this.#stores.get(owner) === store) this.#stores.delete(owner);
  }
}

/**
 * Opens a bucket, and makes it if it is not there.
 *
 * @throws {ClusterError} `CC_ERR_ENGINE` for a user who may not.
 */
export async function openBucket(
  { client, js, keepAnswers }: BulkBroker,
  bucket: string,
  replicas: number,
): Promise<ObjectStore> {
  const buckets = new client.objects.Objm(js);
  const store = await buckets.open(bucket, false);
  try {
    // What is never there. Whoever has no other rights may still look for an object.
    await store.info("-");
    return store;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    const ttl = client.transport.nanos(Math.max(KEPT, keepAnswers));
    return await buckets.create(bucket, { ttl, replicas });
  } catch (error) {
    if (!isDenied(error)) throw error;
    throw engineError(
      `there is no bucket ${bucket}, and this user may not make it: createQueue() does, with its owners`,
      error,
    );
  }
}

/**
 * Has the buckets of a queue keep what is in them for so many nanoseconds at least, if that can be done now: answers are kept for longer
 * than when they were made.
 */
export async function prolongBuckets(jsm: JetStreamManager, names: Names, age: number): Promise<void> {
  // They keep it for so long anyway.
  if (age <= KEPT * 1_000_000) return;
  try {
    for await (const { config } of jsm.streams.list("$O.>")) {
      const isShort = config.max_age > 0 && config.max_age < age;
      if (isShort && names.isBucket(config.name)) await jsm.streams.update(config.name, { ...config, max_age: age });
    }
  } catch {
    // The user may not, or the broker does not answer: whoever says so next may have more luck.
  }
}

function fits(size: number, headers: MsgHdrs, most: number): boolean {
  // Nobody has such headers; whoever has is told that they are too large.
  if (size <= most * SMALL) return true;
  return size <= most * PART && size + sizeOf(headers) + BESIDE <= most;
}

/** Deletes what a stream has of a subject. */
async function remove({ jsm, purges }: BulkBroker, stream: string, subject: string): Promise<void> {
  if (purges) return void await jsm.streams.purge(stream, { filter: subject });
  for (let seq = 1;;) {
    const found = await jsm.streams.getMessage(stream, { seq, next_by_subj: subject } as MsgRequest);
    if (found === null) return;
    await forgetStored({ jsm }, stream, found.seq);
    seq = found.seq + 1;
  }
}

function gone(object: string): ClusterError {
  return new ClusterError("CC_ERR_ENGINE", `the value ${object} is not in the object store any more`);
}
