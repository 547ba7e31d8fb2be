// A server, hosts and submitters: each case has its own, so that none has to do with what another has left.
import { startBroker } from "./broker.mjs";
import { start } from "./children.mjs";
import { quantile } from "./series.mjs";

export const QUEUE = "bench";

/** How many workers a host has. */
export const SLOTS = 2;

/** How many jobs the bare loop takes at once. */
const BARE_AT_ONCE = 100;

/**
 * Starts them, has something done, and ends them.
 *
 * @template T
 * @param {object} setting
 * @param {string} setting.version
 * @param {number} setting.hosts
 * @param {number} setting.submitters
 * @param {number} [setting.slots]
 * @param {number} [setting.concurrency]
 * @param {number} [setting.servers]
 * @param {number} [setting.replicas]
 * @param {{ workers: number } | null} [setting.bare] The loop over the client instead, with so many processes for the jobs in each host.
 * @param {(place: { broker: any, hosts: any[], submitters: any[] }) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function within(setting, use) {
  const { version, hosts, submitters, slots = SLOTS, concurrency = 1, servers = 1, replicas, bare = null } = setting;
  const broker = await startBroker(version, servers);
  const children = [];
  const ready = async (file, options) => {
    const child = start(file, { servers: broker.urls, queue: QUEUE, ...options });
    children.push(child);
    await child.line();
    return child;
  };
  const host = () =>
    bare
      ? ready("bare.mjs", { role: "host", slots: BARE_AT_ONCE, ...bare })
      : ready("host.mjs", { slots, concurrency, replicas });
  const submitter = () => bare ? ready("bare.mjs", { role: "submitter" }) : ready("submitter.mjs", {});
  try {
    const serving = [];
    // One by one: the first makes the queue.
    for (let i = 0; i < hosts; i++) serving.push(await host());
    const asking = await Promise.all(Array.from({ length: submitters }, submitter));
    return await use({ broker, hosts: serving, submitters: asking });
  } finally {
    await Promise.all(children.reverse().map((child) => child.end()));
    await broker.end();
  }
}

/** Has all submitters enqueue at once; what it cost the server. */
export async function load({ broker, submitters }, { jobs, window, ...rest }) {
  const part = {
    jobs: Math.ceil(jobs / submitters.length),
    window: Math.ceil(window / submitters.length),
    ...rest,
  };
  const before = await broker.account();
  for (const submitter of submitters) submitter.tell(JSON.stringify(part));
  const done = await Promise.all(submitters.map((submitter) => submitter.line()));
  const after = await broker.account();
  const all = part.jobs * submitters.length;
  const times = done.flatMap(({ times }) => times);
  const took = Math.max(...done.map(({ took }) => took));
  const spent = after.each.map((cpu, i) => cpu === null ? null : (cpu - before.each[i]) / all);
  return {
    perSecond: all / took * 1000,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    took,
    jobs: all,
    bytes: (after.bytes - before.bytes) / all,
    messages: (after.messages - before.messages) / all,
    out: (after.out - before.out) / all,
    cpu: after.cpu === null ? null : (after.cpu - before.cpu) / all,
    /** Of the server that had most to do. */
    leader: spent.includes(null) ? null : Math.max(...spent),
  };
}
