/**
 * Consumers that are ahead of their stream: a broker that was killed may have forgotten which number was the last that it gave out, and
 * gives them out again, while a consumer knows that it has had them (nats-server #5412, #6600, #6881). Jobs with such numbers would never
 * be delivered. The consumer is made anew; what runs is delivered once more.
 *
 * @module
 */

import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import { isDenied } from "./faults.ts";
import { freshName, type Names } from "./names.ts";

/** Whoever has set out to do it, and has not, by then, leaves it to others; in milliseconds. */
const TURN = 60_000;

/**
 * Makes those anew that are ahead. Whoever may not leaves it to others.
 *
 * @param consumers As they are, or were before now.
 */
export async function rewind(jsm: JetStreamManager, names: Names, consumers: readonly ConsumerInfo[]): Promise<void> {
  // After them: its last number only grows.
  const { config, state } = await jsm.streams.info(names.jobs);
  // One that is kept on several servers has it from the others, and its leader may yet have to catch up.
  if (config.num_replicas > 1) return;
  for (const consumer of consumers) {
    if (consumer.delivered.stream_seq <= state.last_seq) continue;
    if (!await mayMake(jsm, consumer) || !await isFirst(jsm, names, consumer)) continue;
    // Otherwise things go on as they are; if it is missing now, it is made by whoever notices.
    await makeAnew(jsm, consumer).catch(() => {});
  }
}

/** Asks for what no such stream takes: whoever may not is told that instead. */
async function mayMake(jsm: JetStreamManager, { stream_name: stream, config }: ConsumerInfo): Promise<boolean> {
  try {
    await jsm.consumers.add(stream, { ...config, ack_policy: "none" });
    return true;
  } catch (error) {
    return !isDenied(error);
  }
}

/**
 * Many see it at a time, when the broker is there again. One of them does it: to delete and to make a consumer at once is more than some
 * brokers can do (2.9, 2.10).
 */
async function isFirst(jsm: JetStreamManager, names: Names, { name, created }: ConsumerInfo): Promise<boolean> {
  // Where clocks differ there may be two.
  const turn = Math.floor(Date.now() / TURN);
  const subject = names.returned(`_anew.${name}.${created.replaceAll(/\W/g, "")}.${turn}`);
  const program = freshName();
  try {
    await jsm.jetstream().publish(subject, program, { expect: { lastSubjectSequence: 0 } });
    return true;
  } catch (error) {
    // Whoever makes queues but has no jobs of them to give back is no host: there are few.
    if (isDenied(error)) return true;
    // Otherwise another was first; or this one, and the broker's word of it was lost.
    const first = await jsm.streams.getMessage(names.returns, { last_by_subj: subject }).catch(() => null);
    return first?.string() === program;
  }
}

async function makeAnew(jsm: JetStreamManager, consumer: ConsumerInfo): Promise<void> {
  const { stream_name: stream, name, config, created } = consumer;
  // Who was first in another minute may have done it.
  if ((await jsm.consumers.info(stream, name)).created !== created) return;
  await jsm.consumers.delete(stream, name);
  await jsm.consumers.add(stream, config);
}
