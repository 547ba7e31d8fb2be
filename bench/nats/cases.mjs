// What is measured. Each case has a server of its own, so that none has to do with what another has left.
import { startBroker } from "./broker.mjs";
import { start } from "./children.mjs";
import { quantile } from "./series.mjs";

const QUEUE = "bench";
const SLOTS = 2;

/**
 * Starts a server, hosts and submitters, has something done, and ends them.
 *
 * @template T
 * @param {{ version: string, hosts: number, submitters: number, slots?: number, bare?: boolean }} setting
 * @param {(place: { broker: any, hosts: any[], submitters: any[] }) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function within(
  { version, hosts, submitters, slots = SLOTS, bare = false },
  use,
) {
  const broker = await startBroker(version);
  const { url } = broker;
  /** @type {any[]} */
  const children = [];
  const ready = async (child) => {
    children.push(child);
    await child.line();
    return child;
  };
  try {
    const serving = [];
    for (let i = 0; i < hosts; i++) {
      const child = bare
        ? start("bare.mjs", { url, role: "host", slots: 100 })
        : start("host.mjs", { url, queue: QUEUE, slots });
      serving.push(await ready(child));
    }
    const asking = await Promise.all(
      Array.from({ length: submitters }, () =>
        ready(
          bare ? start("bare.mjs", { url, role: "submitter" }) : start("submitter.mjs", { url, queue: QUEUE }),
        )),
    );
    return await use({ broker, hosts: serving, submitters: asking });
  } finally {
    await Promise.all(children.reverse().map((child) => child.end()));
    await broker.end();
  }
}

/** All submitters at once; what it cost the server. */
async function load({ broker, submitters }, { jobs, window, ...rest }) {
  const share = {
    jobs: Math.ceil(jobs / submitters.length),
    window: Math.ceil(window / submitters.length),
    ...rest,
  };
  const before = await broker.account();
  for (const submitter of submitters) submitter.tell(JSON.stringify(share));
  const done = await Promise.all(
    submitters.map((submitter) => submitter.line()),
  );
  const after = await broker.account();
  const all = share.jobs * submitters.length;
  const times = done.flatMap(({ times }) => times);
  const took = Math.max(...done.map(({ took }) => took));
  return {
    perSecond: all / took * 1000,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    took,
    jobs: all,
    bytes: (after.bytes - before.bytes) / all,
    out: after.out - before.out,
    cpu: after.cpu === null ? null : (after.cpu - before.cpu) / all,
    memory: after.memory,
  };
}

/** How many jobs that do nothing, with so many at once, next to the bare loop. */
export async function throughput(setting, { jobs }) {
  return await within(setting, async (place) => {
    await load(place, { jobs: Math.ceil(jobs / 5), window: 100 });
    const wide = await load(place, { jobs, window: 100 });
    const narrow = setting.submitters === 1 ? await load(place, { jobs: Math.ceil(jobs / 5), window: 1 }) : null;
    return { ...setting, wide, narrow };
  });
}

/** The part of the slots' time in which they had a job of 50 ms. */
export async function busy({ version, hosts, slots }, { jobs }) {
  return await within(
    { version, hosts, submitters: 1, slots },
    async (place) => {
      const { took, jobs: ran } = await load(place, {
        jobs,
        window: hosts * slots * 4,
        task: "pause",
        args: 50,
      });
      return { hosts, slots, share: ran * 50 / (took * hosts * slots) };
    },
  );
}

/** What the server sends for the same jobs, with one program or with others that only wait. */
export async function idle({ version, idle }, { jobs }) {
  return await within(
    { version, hosts: 1, submitters: 1 + idle },
    async ({ broker, submitters }) => {
      const { out } = await load(
        { broker, submitters: submitters.slice(0, 1) },
        { jobs, window: 10, task: "bytes", args: 5_000 },
      );
      return { idle, perJob: out / jobs };
    },
  );
}

/** What serving a queue adds to the memory of the same cluster, in MB. */
export async function memory({ version }, { jobs }) {
  const alone = start("host.mjs", { alone: true, slots: SLOTS });
  await alone.line();
  alone.tell("run");
  const without = await alone.line();
  await alone.end();
  return await within({ version, hosts: 1, submitters: 1 }, async (place) => {
    await load(place, { jobs, window: 10 });
    const [host] = place.hosts;
    host.tell("memory");
    const served = await host.line();
    return {
      without: without / 1e6,
      with: served / 1e6,
      added: (served - without) / 1e6,
    };
  });
}
