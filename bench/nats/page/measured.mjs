// What was measured.
import { among, lines, middle, percent, short, whole } from "./cells.mjs";

export function jobs({ throughput }) {
  const alone = throughput.filter(({ ours }) => ours.narrow);
  return [
    "## Jobs a second, and how soon",
    "",
    "Jobs that do nothing, 100 at once, from all submitters together. Next to a loop over the official client that publishes, pulls, stores the",
    "answer, tells it and acks, and does no more: no limit, no lease to renew, nothing that is tried again. It has its jobs run in as many",
    "processes as a host has workers, as ours are; and, by itself, without: then there is nothing between the server and a function that",
    "returns what it was given. All took turns, once each had done some thousand jobs, so that the code is compiled; `×` is ours by the other, in",
    "the same turn.",
    "",
    ...lines(
      [
        "hosts",
        "submitters",
        "jobs/s",
        "p50, ms",
        "p99, ms",
        "loop, in processes: jobs/s",
        "×",
        "loop alone: jobs/s",
        "×",
      ],
      throughput.map(({ hosts, submitters, ours, processes, inline }) => [
        hosts,
        submitters,
        among(ours.wide.perSecond, whole),
        middle(ours.wide.p50),
        middle(ours.wide.p99),
        among(processes.wide.perSecond, whole),
        among(processes.behind),
        among(inline.wide.perSecond, whole),
        among(inline.behind),
      ]),
    ),
    "",
    "One job at a time, in milliseconds:",
    "",
    ...lines(
      ["hosts", "p50", "p99", "loop, in processes: p50", "p99", "loop alone: p50", "p99"],
      alone.map(({ hosts, ours, processes, inline }) => [
        hosts,
        ...[ours, processes, inline].flatMap(({ narrow }) => [among(narrow.p50), middle(narrow.p99)]),
      ]),
    ),
    "",
  ];
}

export function costs({ throughput, busy, idle, memory }) {
  const [first, last] = [throughput[0], throughput.at(-1)];
  const of = (place) => `${place.hosts} × ${place.submitters}`;
  const row = (name, figure, cell = short) => [
    name,
    ...[first, last].flatMap(({ ours, processes }) => [ours, processes].map(({ wide }) => among(wide[figure], cell))),
  ];
  return [
    "## What a job costs",
    "",
    "At the server, with 100 at once, by hosts × submitters. Bytes are those of messages that come in and go out, with their headers and",
    "without their subjects.",
    "",
    ...lines(["for each job", ...[first, last].flatMap((place) => [of(place), `loop, ${of(place)}`])], [
      row("messages", "messages"),
      row("bytes", "bytes", whole),
      row("processor time, ms", "cpu"),
    ]),
    "",
    ...lines(
      ["hosts", "slots each", "time in which a slot has a job of 50 ms"],
      busy.map(({ hosts, slots, share }) => [hosts, slots, percent(share)]),
    ),
    "",
    ...lines(
      ["submitters that only wait", "bytes sent for a job with an answer of 5000"],
      idle.map(({ idle, perJob }) => [idle, whole(perJob)]),
    ),
    "",
    `Serving a queue adds ${memory.added.toFixed(0)} MB to the memory of a host's cluster (${
      memory.with.toFixed(0)
    } against ` +
    `${memory.without.toFixed(0)} MB).`,
    "",
  ];
}

export function replicas({ replicas: { one, three } }) {
  const row = (name, figure, narrow = false, cell = short) => [
    name,
    ...[one, three].map((kind) => among((narrow ? kind.narrow : kind.wide)[figure], cell)),
  ];
  return [
    "## What three copies cost",
    "",
    "`replicas: 3` on a cluster of three servers, by turns with one server; one host, one submitter. Here all three servers share one machine:",
    "on three, what they cost is the same, and what is lost in jobs per second is not.",
    "",
    ...lines(["", "one server", "three servers"], [
      row("jobs/s, 100 at once", "perSecond", false, whole),
      row("p50 of one at a time, ms", "p50", true),
      row("p99 of one at a time, ms", "p99", true),
      row("bytes in and out of all servers, for each job", "bytes", false, whole),
      row("processor time of all servers, ms for each job", "cpu"),
      row("of the one that has most to do", "leader"),
    ]),
    "",
  ];
}

/** Hosts that are more than can be started here, and jobs that they have. */
const MANY = { hosts: 10_000, slots: 8 };

export function standing({ idleHosts, held, kept }) {
  const [few, most] = [idleHosts[0], idleHosts.at(-1)];
  const cell = (value, cell = short) => value === null ? "–" : cell(value);
  const row = (name, figures) => [
    name,
    cell(figures.messages),
    cell(figures.bytes, whole),
    cell(figures.cpu),
    cell(figures.memory, (bytes) => (bytes / 1e6).toFixed(0)),
  ];
  // What one adds, so many times.
  const more = (from, to, count) =>
    Object.fromEntries(
      ["messages", "bytes", "cpu", "memory"].map((name) => [
        name,
        from[name] === null ? null : Math.max(0, (to[name] - from[name]) / count),
      ]),
    );
  const times = (figures, count) =>
    Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [name, value === null ? null : value * count]),
    );
  const each = more(few, most, most.hosts - few.hosts);
  const job = more(few, held, held.held);
  return [
    "## What costs something while nothing comes or goes",
    "",
    "A host that waits leaves a question open, which it puts again every 5 s, tells every 2 s how it is, and looks for jobs of other priorities",
    "every 30 s. For a job that runs it renews the lease three times as often as that would run out: here every 5 s.",
    "",
    ...lines(["at the server, a second", "messages", "bytes", "processor time, ms", "its memory, MB"], [
      ...idleHosts.map(({ hosts, ...figures }) =>
        row(hosts === 1 ? "1 host that waits" : `${hosts} hosts that wait`, figures)
      ),
      row(`1 host that has ${held.held} jobs`, held),
      row(`computed: ${whole(MANY.hosts)} hosts that wait`, times(each, MANY.hosts)),
      row(`computed: ${whole(MANY.hosts * MANY.slots)} jobs that run`, times(job, MANY.hosts * MANY.slots)),
    ]),
    "",
    `A small answer, while it is kept (\`keepAnswers\`, an hour), takes about ${
      whole(kept.disk)
    } bytes of the disk and ` +
    `${whole(Math.max(0, kept.memory))} of the server's memory.`,
    "",
  ];
}
