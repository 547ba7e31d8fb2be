// What costs a server though no job comes or goes: hosts that wait, jobs that run, answers that are kept.
import { setTimeout as pause } from "node:timers/promises";
import { connect, headers } from "@nats-io/transport-node";
import { createQueue } from "../../dist/nats.js";
import { startBroker } from "./broker.mjs";
import { start } from "./children.mjs";
import { QUEUE, within } from "./stage.mjs";

/** How long it takes at most until jobs that are to be held are, in milliseconds. */
const COMING = 10_000;

/** How much of a kept answer is its body, in bytes. */
const ANSWER = 10;

/** What the server did in so many milliseconds, a second. */
async function during(broker, time) {
  const before = await broker.account();
  await pause(time);
  const after = await broker.account();
  const rate = (name) => after[name] === null ? null : (after[name] - before[name]) / time * 1000;
  return { messages: rate("messages"), bytes: rate("bytes"), cpu: rate("cpu"), memory: after.memory };
}

/** So many hosts that wait. @param {{ version: string, hosts: number, slots: number }} setting */
export async function idleHosts({ version, hosts, slots }, { time }) {
  const broker = await startBroker(version);
  const child = start("idle-hosts.mjs", { servers: broker.urls, queue: QUEUE, hosts, slots });
  try {
    await child.line();
    return { hosts, ...await during(broker, time) };
  } finally {
    await child.end();
    await broker.end();
  }
}

/** So many jobs that run on one host, all at once in one worker. @param {{ version: string, held: number }} setting */
export async function heldJobs({ version, held }, { time }) {
  const setting = { version, hosts: 1, submitters: 1, slots: 1, concurrency: held };
  return await within(setting, async ({ broker, submitters: [submitter] }) => {
    submitter.tell(JSON.stringify({ jobs: held, window: held, task: "pause", args: time + COMING }));
    // They have all come once nothing comes any more but what is told from time to time.
    let [before, now] = [0, -Infinity];
    do {
      before = now;
      await pause(1_000);
      now = (await broker.account()).messages;
    } while (now - before > held / 2);
    const figures = await during(broker, time);
    await submitter.line();
    return { held, ...figures };
  });
}

/** What an answer takes on the disk and in the memory of the server, in bytes. */
export async function keptAnswers({ version }, { answers }) {
  const broker = await startBroker(version);
  const connection = await connect({ servers: broker.urls });
  try {
    await createQueue({ servers: broker.urls, queue: QUEUE });
    const head = headers();
    // As src/nats/letters.ts has them.
    const names = { status: "value", host: "0123456789abcdef", worker: "w1", attempt: "1", ran: "1.234" };
    for (const [name, value] of Object.entries(names)) head.set(`cc-${name}`, value);
    const body = "x".repeat(ANSWER);
    const keep = async (from, to) => {
      for (let i = from; i < to; i++) {
        connection.publish(`cc.ans.${QUEUE}.any.${"s".repeat(22)}.${String(i).padStart(22, "0")}`, body, {
          headers: head,
        });
        if (i % 500 === 0) await connection.flush();
      }
      await connection.flush();
      await pause(1_000);
      return await broker.account();
    };
    // What it takes at first, it takes once.
    const before = await keep(0, answers / 4);
    const after = await keep(answers / 4, answers);
    const each = (name) => (after[name] - before[name]) / (answers * 3 / 4);
    return { disk: each("stored"), memory: each("memory") };
  } finally {
    await connection.close();
    await broker.end();
  }
}
