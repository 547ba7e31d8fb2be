// docs/scale.md, out of what was measured.

/** Hosts that a plan is made for, each with so many slots, and how long their jobs take, in milliseconds. */
const PLANS = [10, 100, 10_000];
const PLAN_SLOTS = 8;
const LENGTHS = [50, 1_000, 60_000];

/** How much of what a server can do is planned with. */
const PART = 0.5;

const row = (...cells) => `| ${cells.join(" | ")} |`;
const head = (...names) => [row(...names), row(...names.map(() => "---"))];
const whole = (value) => Math.round(value).toLocaleString("en-US").replaceAll(",", " ");
const ms = (value) => value === undefined ? "–" : value.toFixed(1);

/** @param {any} results */
export function page(
  { version, node, load, throughput, bare, busy, idle, memory },
) {
  const [first] = throughput;
  const best = throughput.reduce((a, b) => a.wide.perSecond > b.wide.perSecond ? a : b)
    .wide;
  const lines = [
    "# How far it goes",
    "",
    "Jobs that do nothing, through a NATS server, by `npm run bench:nats -- --write`. Server, hosts and submitters share one machine of two",
    "cores, so more hosts are not faster here: the figures are what a job costs, not what a cluster can do. Each job is kept on the disk",
    "when it is enqueued, and its answer before it leaves the queue.",
    "",
    `NATS ${version}, Node ${node.slice(1)}, load of the machine at the start ${load.toFixed(1)}.`,
    "",
    "## Jobs a second, and how soon",
    "",
    "With 100 jobs at once, and with one at a time; next to a loop over the official client that publishes, pulls, stores, tells and acks,",
    "and does no more.",
    "",
    ...head(
      "hosts",
      "submitters",
      "jobs/s",
      "bare loop",
      "×",
      "p50, ms",
      "p99, ms",
      "one at a time: p50",
      "p99",
    ),
    ...throughput.map(({ hosts, submitters, wide, narrow }, i) => {
      const other = bare[i].wide.perSecond;
      const times = [wide.p50, wide.p99, narrow?.p50, narrow?.p99].map(ms);
      return row(
        hosts,
        submitters,
        whole(wide.perSecond),
        whole(other),
        (wide.perSecond / other).toFixed(2),
        ...times,
      );
    }),
    "",
    "## What a job costs",
    "",
    ...head("at the server", "per job", "of the bare loop"),
    row("bytes in and out", whole(first.wide.bytes), whole(bare[0].wide.bytes)),
    row(
      "processor time, ms",
      first.wide.cpu?.toFixed(3) ?? "–",
      bare[0].wide.cpu?.toFixed(3) ?? "–",
    ),
    "",
    ...head("hosts", "slots each", "time in which a slot has a job of 50 ms"),
    ...busy.map(({ hosts, slots, share }) => row(hosts, slots, `${(share * 100).toFixed(1)} %`)),
    "",
    ...head(
      "submitters that only wait",
      "bytes sent for a job with an answer of 5000",
    ),
    ...idle.map(({ idle, perJob }) => row(idle, whole(perJob))),
    "",
    `Serving a queue adds ${memory.added.toFixed(0)} MB to the memory of a host's cluster (${
      memory.with.toFixed(0)
    } against ` +
    `${memory.without.toFixed(0)} MB).`,
    "",
    "## What 10, 100 and 10 000 hosts need",
    "",
    `Computed from these, for hosts of ${PLAN_SLOTS} slots that are always busy. A queue is one stream, and a stream has one server that`,
    `leads it: where it would have to do more than half of the ${
      whole(best.perSecond)
    } jobs/s that were measured, there are several queues,`,
    "and the submitter chooses one, by a hash or at random; a host serves several. The servers' cores are for one copy of each message.",
    "",
    ...head(
      "hosts",
      "jobs of",
      "jobs/s",
      "queues",
      "servers' cores",
      "MB/s through the servers",
    ),
    ...PLANS.flatMap((hosts) =>
      LENGTHS.map((length) => {
        const perSecond = hosts * PLAN_SLOTS / length * 1000;
        const queues = Math.max(
          1,
          Math.ceil(perSecond / (best.perSecond * PART)),
        );
        const cores = best.cpu === null ? "–" : Math.max(0.1, perSecond * best.cpu / 1000).toFixed(1);
        const megabytes = (perSecond * best.bytes / 1e6).toFixed(1);
        return row(
          whole(hosts),
          length < 1000 ? `${length} ms` : `${length / 1000} s`,
          whole(perSecond),
          queues,
          cores,
          megabytes,
        );
      })
    ),
    "",
    "What has no figure here: a network between machines, which adds its round trips; `replicas: 3`, which stores each message on three",
    "servers; and the connections of 10 000 hosts, each with a question that it leaves open.",
    "",
  ];
  return lines.join("\n");
}
