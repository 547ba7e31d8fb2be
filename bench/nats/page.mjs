// docs/scale.md, out of what was measured and simulated.
import { readFileSync } from "node:fs";
import { among, item, percent, short, whole, wrapped } from "./page/cells.mjs";
import { costs, jobs, replicas, standing } from "./page/measured.mjs";
import { advice, plans, simulated } from "./page/planned.mjs";
import { MOST_QUESTIONS } from "./simulation/server.mjs";

/** @param {any} results @param {any} forecast */
export function page(results, forecast) {
  const { version, node, cores, load } = results;
  return [
    "# How far it goes",
    "",
    "What jobs over a NATS server cost, as measured on one machine, and what 10, 100 and 10 000 hosts need, as follows from that. By",
    "`npm run bench:nats -- --write`: all figures of this page are of the same run, also those in its sentences.",
    "",
    ...wrapped(
      `NATS ${version}, Node ${node.slice(1)}, a machine of ${cores} cores, its load at the start ${
        load.toFixed(1)
      }. Server, hosts and submitters share it, so more hosts are not faster here: the figures are what a job costs,
      not what a cluster can do. Each job is kept on the disk when it is enqueued, and its answer before it leaves the
      queue. A figure is the median of several runs, with the least and the most.`,
    ),
    "",
    "## In short",
    "",
    ...summary(results, forecast),
    ...advice(forecast, results),
    "",
    ...jobs(results),
    ...costs(results),
    ...replicas(results),
    ...standing(results),
    ...simulated(forecast),
    "## What 10, 100 and 10 000 hosts need",
    "",
    ...plans(forecast, results),
    readFileSync(new URL("page/several-queues.md", import.meta.url), "utf8").trimEnd(),
    "",
    ...limits(results, forecast),
    ...regions(forecast),
  ].join("\n");
}

function summary({ throughput: [{ ours, processes }] }, { costs: { one, three } }) {
  return [
    ...item(
      `One host and one submitter do ${among(ours.wide.perSecond, whole)} jobs a second that do nothing, ${
        among(processes.behind)
      } times what the loop over the client does with as many processes.`,
    ),
    ...item(
      `A job costs the server about ${short(one.job)} ms of a core; with three copies, the three together ${
        short(three.all)
      } ms. Jobs that take a second or more are little load; those of milliseconds are much.`,
    ),
  ];
}

function limits({ kept, idleHosts }, { costs: { one }, plans }) {
  const [few, many] = [idleHosts[0], idleHosts.at(-1)];
  const memory = (many.memory - few.memory) / (many.hosts - few.hosts);
  const waiting = memory > 0 ? `; a host that waits takes about ${whole(memory / 1000)} kB of its memory` : "";
  const most = Math.max(...plans.map(({ hosts, queues }) => Math.ceil(hosts / queues)));
  return [
    "## What is reached first",
    "",
    ...item(
      `**The server that leads a queue**: ${short(one.job)} ms for each job are ${
        whole(1000 / one.job)
      } jobs a second, if it does one after the other. More servers do not make one queue faster: more queues do.`,
    ),
    ...item(
      `**Questions**: a queue has ${
        whole(MOST_QUESTIONS)
      } open at once, and a host whose slots became free one by one may have one for each slot. Have no more slots
      than that at one queue.`,
    ),
    ...item(
      `**Answers**: about ${whole(kept.disk)} bytes on the disk and ${
        whole(Math.max(0, kept.memory))
      } in the memory of the server for each, for as long as \`keepAnswers\` says. Where jobs come by the thousand a
      second, say a minute, if no program comes back later for its answers.`,
    ),
    ...item("**The backlog**: `maxBacklog` is 100 000 jobs for each queue, that run or wait."),
    ...item(
      `**Connections**: a host has one for each queue that it serves, a submitter one for each cluster. A server takes
      65 536 (\`max_connections\`) unless it is told otherwise${waiting}.`,
    ),
    ...item(
      `**What all hosts of a queue are told**: that there is a job with a \`priority\`, and that a job was given up.
      With ${
        whole(most)
      } hosts at a queue, as above, each of these is as many messages. A priority is for few jobs, or for few hosts.`,
    ),
    ...item(
      "**What submitters are told**: one that refuses jobs by `maxLatency` or `deadline` hears all hosts of its queue, every 2 s each.",
    ),
    "",
  ];
}

function regions({ far }) {
  const { roundTrip, busy: [first, , last] } = far.at(-1);
  return [
    "## Servers in other places",
    "",
    ...wrapped(
      "Three servers bear the loss of one, five of two: " +
        "[half of them and one more](https://docs.nats.io/jetstream/clustering) have to be there. More servers in one cluster are room for " +
        "more queues; a queue's copies are still on as many as `replicas` says. All that a queue keeps waits for most of its copies, so " +
        "have them in places that fail by themselves and are near each other.",
    ),
    "",
    ...wrapped(
      `Hosts that are ${roundTrip} ms from the server, there and back, are busy for ${
        percent(first)
      } of their time with jobs of 50 ms, and for ${
        percent(last)
      } with those of 60 s. A queue for each region, at servers in that region, keeps them near: a submitter connects
      to those of the region where its job is to run. A [leaf
      node](https://docs.nats.io/running-a-nats-service/configuration/leafnodes) carries messages between places, and
      its clients talk to a server that is near; but its JetStream is [one of its
      own](https://docs.nats.io/running-a-nats-service/configuration/leafnodes/jetstream_leafnodes), under a domain: a
      queue is at the servers that its hosts and submitters are connected to, and is not found from those of another
      domain.`,
    ),
    "",
  ];
}
