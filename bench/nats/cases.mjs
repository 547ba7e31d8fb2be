// What is measured of jobs.
import { start } from "./children.mjs";
import { load, SLOTS, within } from "./stage.mjs";
import { spread } from "../speed/statistics.mjs";

/** With so many jobs at once. */
const WINDOW = 100;

/** How many times as many jobs each program does beforehand as in a repetition. */
const WARM = 4;

/**
 * Jobs that do nothing: ours, and others next to it, several times by turns, since a machine is not as fast at all times.
 *
 * @param {{ version: string, hosts: number, submitters: number }} setting
 * @param {Record<string, object>} kinds What is different, by name.
 * @param {{ jobs: number, repetitions: number }} size
 * @returns {Promise<Record<string, any>>} By name, the spread of each figure: `wide` with many at once, `narrow` with one.
 */
export async function compared(setting, kinds, { jobs, repetitions }) {
  const names = Object.keys(kinds);
  const places = {};
  const together = (left) => {
    const [name, ...rest] = left;
    if (name === undefined) return turns();
    return within({ ...setting, ...kinds[name] }, (place) => {
      places[name] = place;
      return together(rest);
    });
  };
  const turns = async () => {
    const wide = Object.fromEntries(names.map((name) => [name, []]));
    const narrow = Object.fromEntries(names.map((name) => [name, []]));
    // What is called often is compiled: until then there are a third as many jobs a second.
    const warm = WARM * jobs * Math.max(setting.hosts, setting.submitters);
    for (const name of names) await load(places[name], { jobs: warm, window: WINDOW });
    for (let i = 0; i < repetitions; i++) {
      for (const name of names) wide[name].push(await load(places[name], { jobs, window: WINDOW }));
      if (setting.submitters > 1) continue;
      for (const name of names) narrow[name].push(await load(places[name], { jobs: Math.ceil(jobs / 5), window: 1 }));
    }
    return Object.fromEntries(names.map((name) => [name, {
      wide: spreads(wide[name]),
      narrow: spreads(narrow[name]),
      /** How many times as many jobs a second the first does, each by the run next to it. */
      behind: spread(wide[name].map(({ perSecond }, i) => wide[names[0]][i].perSecond / perSecond)),
    }]));
  };
  return await together(names);
}

/** The spread of each figure of several runs; null for none. */
function spreads(runs) {
  if (runs.length === 0) return null;
  return Object.fromEntries(
    Object.keys(runs[0]).map((name) => {
      const values = runs.map((run) => run[name]);
      return [name, values.includes(null) ? null : spread(values)];
    }),
  );
}

/** The loop over the client, with its jobs in processes as ours are, and without. */
export const BARE = { processes: { bare: { workers: SLOTS } }, inline: { bare: { workers: 0 } } };

/** The part of the slots' time in which they had a job of 50 ms. */
export async function busy({ version, hosts, slots }, { jobs }) {
  const setting = { version, hosts, submitters: 1, slots };
  return await within(setting, async (place) => {
    const { took, jobs: ran } = await load(place, { jobs, window: hosts * slots * 4, task: "pause", args: 50 });
    return { hosts, slots, share: ran * 50 / (took * hosts * slots) };
  });
}

/** What the server sends for the same jobs, with one program or with others that only wait. */
export async function idle({ version, idle }, { jobs }) {
  return await within({ version, hosts: 1, submitters: 1 + idle }, async ({ broker, submitters }) => {
    const one = submitters.slice(0, 1);
    const { out } = await load({ broker, submitters: one }, { jobs, window: 10, task: "bytes", args: 5_000 });
    return { idle, perJob: out };
  });
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
    return { without: without / 1e6, with: served / 1e6, added: (served - without) / 1e6 };
  });
}
