// The same over the official client alone, as one would write it: a job is published into a work queue, pulled, answered into a stream
// of answers, told to whoever waits, and acked. No worker, no limit, no lease to renew, nothing that is tried again.
import { fork } from "node:child_process";
import process from "node:process";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { listen, next, options, say } from "./children.mjs";
import { series } from "./series.mjs";

const { servers, role, slots, workers } = options();
const connection = await connect({ servers });
const js = jetstream(connection);
listen();
if (role === "host") await host();
else await submitter();
process.exit();

async function host() {
  const jsm = await jetstreamManager(connection);
  const once = {
    max_msgs_per_subject: 1,
    discard: "new",
    discard_new_per_subject: true,
    storage: "file",
  };
  await jsm.streams.add({
    name: "BARE",
    subjects: ["bare.job.*"],
    retention: "workqueue",
    ...once,
  });
  await jsm.streams.add({
    name: "BARE_ANSWERS",
    subjects: ["bare.answer.*"],
    ...once,
  });
  await jsm.consumers.add("BARE", {
    durable_name: "hosts",
    ack_policy: "explicit",
  });
  const consumer = await js.consumers.get("BARE", "hosts");
  const messages = await consumer.consume({ max_messages: slots });
  const run = workers ? await pool(workers) : (data) => data;
  say("ready");
  const answer = async (message) => {
    const id = message.subject.split(".")[2];
    const data = await run(message.data);
    await js.publish(`bare.answer.${id}`, data);
    connection.publish(`bare.live.${id}`, data);
    message.ack();
  };
  const taking = (async () => {
    for await (const message of messages) void answer(message);
  })();
  await next();
  messages.stop();
  await taking;
  await connection.close();
}

/** Runs jobs in processes: each goes to the one that has fewest, as a message. */
async function pool(size) {
  const waiting = new Map();
  let last = 0;
  const children = Array.from({ length: size }, () => {
    const child = fork(new URL("bare-worker.mjs", import.meta.url), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const worker = { child, has: 0 };
    child.on("message", ([number, answer]) => {
      worker.has--;
      waiting.get(number)(JSON.stringify(answer));
      waiting.delete(number);
    });
    child.unref();
    child.channel.unref();
    return worker;
  });
  await Promise.all(children.map(({ child }) => new Promise((resolve) => child.once("spawn", resolve))));
  return (data) =>
    new Promise((resolve) => {
      const worker = children.reduce((best, next) => (next.has < best.has ? next : best));
      worker.has++;
      waiting.set(++last, resolve);
      worker.child.send([last, JSON.parse(new TextDecoder().decode(data))]);
    });
}

async function submitter() {
  const waiting = new Map();
  connection.subscribe("bare.live.*", {
    callback: (_, { subject, data }) => {
      const id = subject.split(".")[2];
      waiting.get(id)?.(JSON.parse(new TextDecoder().decode(data)));
      waiting.delete(id);
    },
  });
  let last = 0;
  const job = async () => {
    const id = `${process.pid}-${++last}`;
    const answered = new Promise((resolve) => waiting.set(id, resolve));
    await js.publish(`bare.job.${id}`, JSON.stringify(last), { msgID: id });
    await answered;
  };
  await job();
  say("ready");
  for (let line = await next(); line !== null; line = await next()) {
    say(await series(JSON.parse(line), job));
  }
  await connection.close();
}
