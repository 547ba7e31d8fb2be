// What was simulated, and what follows from it.
import { ENOUGH, LOAD, RESERVE, ROUND_TRIP } from "../plan.mjs";
import { MOST_QUESTIONS } from "../simulation/server.mjs";
import { item, lines, percent, range, short, time, whole, wrapped } from "./cells.mjs";

/** Servers that a plan has. */
const SERVER_CORES = 8;

/** No cluster has more. */
const MOST_SERVERS = 5;

/** How long answers are kept if nothing else is said, in seconds. */
const KEPT = 3_600;

/** From so many times as many queues on, jobs are too short. */
const TOO_SHORT = 3;

export function simulated({ costs: { one }, sharded, far }) {
  const lengths = ["50 ms", "1 s", "60 s"];
  return [
    "## What can't be measured on one machine",
    "",
    ...wrapped(
      `is simulated: hosts of eight slots that pull by the library's own code, ${ROUND_TRIP} ms there and back between
      machines, jobs that take half to one and a half times as long as is said, and a server that does one message
      after the other: ${
        short(one.job)
      } ms for each job, as was measured, shared out among its messages. That makes it slower than it is: a server has
      several cores, and a stream uses more than one of them.`,
    ),
    "",
    ...wrapped(
      `A queue is led by one server. Where that is too slow for all jobs, there are several queues. ${
        sharded[0].hosts
      } hosts with jobs of ${time(sharded[0].length)}, of which there are always more:`,
    ),
    "",
    ...lines(["queues", "time in which a slot has a job"], sharded.map(({ queues, busy }) => [queues, percent(busy)])),
    "",
    "A host takes no more jobs ahead than it begins within 15 ms: so one that is far away is idle for a part of each round trip.",
    "",
    ...lines(
      ["there and back", ...lengths.map((length) => `slots busy with jobs of ${length}`)],
      far.map(({ roundTrip, busy }) => [`${roundTrip} ms`, ...busy.map(percent)]),
    ),
    "",
  ];
}

export function plans({ plans, replicated }, { kept }) {
  const rows = (all) =>
    all.map(({ hosts, length, perSecond, queues, leader, busy, wait, cores, bytes }) => [
      whole(hosts),
      time(length),
      short(perSecond),
      whole(queues),
      percent(leader),
      percent(busy),
      short(wait.p50),
      short(wait.p99),
      short(cores),
      short(bytes / 1e6),
    ]);
  const head = [
    "hosts",
    "jobs of",
    "jobs/s",
    "queues",
    "server that leads one, busy",
    "slots busy",
    "wait, p50 ms",
    "p99 ms",
    "servers' cores",
    "MB/s",
  ];
  return [
    ...wrapped(
      `Planned so: as few queues as keep ${
        ENOUGH * 100
      } % of the slots' time busy, also where servers take ${RESERVE} times as long, which is what is left of three when one is lost; and no more than ${
        whole(MOST_QUESTIONS)
      } slots for each, since a queue has no more questions open at once. Waits are those with ${
        LOAD * 100
      } % of the jobs that the slots can do, from \`enqueue\` until a job runs; slots busy, the servers' cores and
      what goes through the servers are with all of them.`,
    ),
    "",
    "With one copy of each message:",
    "",
    ...lines(head, rows(plans)),
    "",
    "With three (`replicas: 3`):",
    "",
    ...lines(head, rows(replicated)),
    "",
    "Answers that are kept for an hour, on each server that has a copy, all queues together:",
    "",
    ...lines(
      ["hosts", "jobs of", "answers", "disk, GB", "memory, GB"],
      plans.map(({ hosts, length, perSecond }) => {
        const answers = perSecond * KEPT;
        return [
          whole(hosts),
          time(length),
          short(answers),
          short(answers * kept.disk / 1e9),
          short(answers * Math.max(0, kept.memory) / 1e9),
        ];
      }),
    ),
    "",
  ];
}

/** In words, for each number of hosts. */
export function advice({ plans, replicated }, { kept }) {
  const sizes = [...new Set(plans.map(({ hosts }) => hosts))];
  return sizes.flatMap((hosts) => {
    const [one, three] = [plans, replicated].map((all) => all.filter((plan) => plan.hosts === hosts));
    const [shortest, usual] = one;
    const disk = shortest.perSecond * KEPT * kept.disk / 1e9;
    const sentences = [
      `**${whole(hosts)} hosts**, which run ${range(one.map(({ perSecond }) => perSecond))} jobs a second.`,
      queuesOf(one, three),
      serversOf(three),
    ];
    if (shortest.queues >= TOO_SHORT * usual.queues) {
      sentences.push(
        `Jobs of ${time(shortest.length)} are better sent several at a time: as many as take ${
          time(usual.length)
        } need ${whole(usual.queues)} instead of ${whole(shortest.queues)} queues.`,
      );
    }
    if (disk >= 10) {
      sentences.push(
        `Jobs of ${time(shortest.length)} have ${
          short(disk)
        } GB of answers in an hour: a shorter \`keepAnswers\` keeps fewer.`,
      );
    }
    return item(sentences.join(" "));
  });
}

function queuesOf(one, three) {
  if ([...one, ...three].every(({ queues }) => queues === 1)) return "One queue does, with one copy or with three.";
  return `Queues, by how long jobs take: ${byLength(one, ({ queues }) => queues)}; with three copies ${
    byLength(three, ({ queues }) => queues)
  }.`;
}

/** For three copies: who has one needs no more. */
function serversOf(three) {
  const servers = ({ cores }) => Math.max(3, Math.ceil(cores * RESERVE / SERVER_CORES));
  const most = Math.max(...three.map(servers));
  if (most === 3) return `Three servers of ${SERVER_CORES} cores do, with three copies.`;
  const many = `Servers of ${SERVER_CORES} cores, with three copies: ${byLength(three, servers)}`;
  if (most <= MOST_SERVERS) return `${many}.`;
  return (
    `${many}; where that is more than ${MOST_SERVERS}, clusters of three that know nothing of each other, each with its part of the ` +
    "queues and of the hosts."
  );
}

/** The longest jobs first. */
function byLength(plans, count) {
  return plans.toReversed().map((plan) => `${whole(count(plan))} (${time(plan.length)})`).join(", ");
}
