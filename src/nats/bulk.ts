/**
 * What is too large for a message: kept in the broker's object store, in a bucket of its owner's, until it has been taken.
 *
 * @module
 */

import type { ObjectStore } from "@nats-io/obj";
import { ClusterError } from "../core/errors.ts";
import type { Body } from "./letters.ts";
import type { Broker } from "./link.ts";
import type { Names } from "./names.ts";
import { read, type Written } from "./values.ts";

/** The part of the broker's limit that a value may have in a message; the rest is for headers and subjects. */
const PART = 0.8;

/** How long something is kept that nobody takes, in milliseconds. */
const KEPT = 24 * 3_600_000;

/** Large values of one queue. */
export class Bulk {
  readonly #names: Names;
  readonly #replicas: number;
  readonly #stores = new Map<string, Promise<ObjectStore>>();
  readonly #program: string;
  #last = 0;

  /** @param program Is in the names of what is kept, so that no two programs use the same. */
  constructor(names: Names, replicas: number, program: string) {
    this.#names = names;
    this.#replicas = replicas;
    this.#program = program;
  }

  /**
   * A value as the body of a message. Keeps it in the store if it is too large for one.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if the store can't take it.
   */
  async pack(broker: Broker, owner: string, { encoding, bytes }: Written): Promise<Body> {
    if (bytes.byteLength <= broker.maxPayload * PART) return { encoding, bytes, object: null };
    const name = `${this.#program}.${++this.#last}`;
    const store = await this.#store(broker, owner);
    await store.putBlob({ name }, bytes);
    return { encoding, bytes: new Uint8Array(0), object: name };
  }

  /**
   * The value of a body.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if it is not there any more.
   */
  async unpack(broker: Broker, owner: string, body: Body): Promise<unknown> {
    return read({ encoding: body.encoding, bytes: await this.#bytes(broker, owner, body) });
  }

  async #bytes(broker: Broker, owner: string, { bytes, object }: Body): Promise<Uint8Array> {
    if (object === null) return bytes;
    const found = await (await this.#store(broker, owner)).getBlob(object);
    if (found) return found;
    throw new ClusterError("CC_ERR_ENGINE", `the value ${object} is not in the object store any more`);
  }

  /** It was taken. */
  async drop(broker: Broker, owner: string, { object }: Pick<Body, "object">): Promise<void> {
    if (object !== null) await (await this.#store(broker, owner)).delete(object);
  }

  #store({ client, connection }: Broker, owner: string): Promise<ObjectStore> {
    const found = this.#stores.get(owner);
    if (found) return found;
    const options = { ttl: client.transport.nanos(KEPT), replicas: this.#replicas };
    const opening = new client.objects.Objm(connection).create(this.#names.bucket(owner), options);
    this.#stores.set(owner, opening);
    opening.catch(() => this.#stores.delete(owner));
    return opening;
  }
}
