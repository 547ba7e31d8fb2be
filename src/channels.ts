/**
 * Facts on `node:diagnostics_channel`, for tools that watch every cluster of a program without having any of them at hand.
 *
 * @module
 */

import type { Channel } from "node:diagnostics_channel";
import { diagnosticsChannel } from "./built-in.ts";
import type { Fact } from "./core/fact.ts";

/** What subscribers get on the channel `compute-cluster:` and the fact's type, such as `compute-cluster:job:settled`. */
export interface ClusterMessage {
  /** The cluster that the fact is about. */
  readonly cluster: object;
  /** What its listeners of that event get, too. */
  readonly fact: Fact;
}

type Channels = Readonly<Record<Fact["type"], Channel>>;

let channels: Channels | null = null;

/** All of them, held from the first cluster on: Bun collects a channel that nobody holds, with its subscribers (1.4.5). */
export function openChannels(): Channels {
  channels ??= {
    "job:queued": open("job:queued"),
    "job:refused": open("job:refused"),
    "job:started": open("job:started"),
    "job:returned": open("job:returned"),
    "job:retried": open("job:retried"),
    "job:settled": open("job:settled"),
    "worker:starting": open("worker:starting"),
    "worker:ready": open("worker:ready"),
    "worker:exit": open("worker:exit"),
    drain: open("drain"),
    closing: open("closing"),
    close: open("close"),
  };
  return channels;
}

function open(type: Fact["type"]): Channel {
  return diagnosticsChannel().channel(`compute-cluster:${type}`);
}
