/**
 * The commands for many machines, and what they are told: `serve`, `top` and `dead`. What they do is loaded when one is used.
 *
 * @module
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { ComputeClusterOptions, Isolation } from "../../mod.ts";
import { collect, withAccess } from "./access.ts";
import type { DeadAction, DeadFlags } from "./dead.ts";
import { healthAddress } from "./health.ts";
import type { ServeFlags } from "./serve.ts";
import type { TopFlags } from "./top.ts";
import { count, duration } from "./values.ts";

/** Options that other commands have, too. */
export interface SharedOptions {
  isolation(): Option;
  setupData(): Option;
}

/** As commander gives them. */
interface Flags extends Omit<ServeFlags, "cluster"> {
  readonly maxWorkers?: number;
  readonly isolation?: Isolation;
  readonly concurrency?: number;
  readonly setupData?: string;
}

/** Whom to tell that a command has ended. */
type Ended = (exitCode: number) => void;

/** Adds `serve`. */
export function addServe(program: Command, { isolation, setupData }: SharedOptions, ended: Ended): void {
  const command = program.command("serve")
    .summary("take jobs from queues at a NATS server, and run them here")
    .description(
      "Takes jobs from queues at a NATS server and runs them with a worker module, in a cluster of this machine.\n" +
        "Programs enqueue them with the option engine: nats({ servers, queue }) of compute-cluster/nats.",
    );
  withAccess(command)
    .addOption(queueOption("a queue to serve; may be given again").argParser(collect).makeOptionMandatory())
    .requiredOption("--module <path>", "the worker module, a path or a URL")
    .option("--module-version <text>", "its version: jobs for another are refused, and so is a queue of another")
    .option("--host <name>", "what others call this host (default: a name that is made up)")
    .option("--max-workers <n>", "the most workers (default: usable cores × 1.25)", count(1))
    .addOption(isolation())
    .option("--concurrency <n>", "jobs at once in one worker, for handlers that wait (default: 1)", count(1))
    .addOption(setupData())
    .option("--drain-timeout <time>", "how long jobs may take to end after SIGTERM (default: 30s)", duration)
    .option("--health <address>", "a port, or host:port, for /live and /ready over HTTP", healthAddress)
    .option(
      "--max-deliveries <n>",
      "how many hosts a job may be lost with before it is set aside (default: 3)",
      count(1),
    )
    .option("--lease <time>", "of the queue: how long a host may be silent (default: 15s)", duration)
    .option("--max-backlog <n>", "of the queue: the most jobs in it (default: 100000)", backlog)
    .option("--replicas <n>", "of the queue: on how many servers it is kept (default: 1)", count(1))
    .addHelpText(
      "after",
      `
SIGTERM or Ctrl-C: takes no more jobs and finishes those that it has; what is not finished in time goes to other hosts.
A second one stops at once: what it has goes to other hosts.

Exit code: 0 after that, 1 if the server can't be reached, 2 for wrong usage, a module that can't be used or a server that
refuses, 130 or 143 if it was stopped at once.

Examples:
  compute-cluster serve --engine nats://broker:4222 --queue images --module ./worker.js
  compute-cluster serve --engine tls://a:4222,b:4222 --creds host.creds --queue images --queue sounds \\
    --module ./worker.js --health 8080 --drain-timeout 2m`,
    )
    .action(async (flags: Flags) => {
      const { maxWorkers, isolation, concurrency, setupData: json, ...options } = flags;
      const setupData = json === undefined ? undefined : JSON.parse(json);
      const cluster = { maxWorkers, isolation, concurrency, setupData } satisfies Partial<ComputeClusterOptions>;
      const { serve } = await import("./serve.ts");
      ended(await serve({ ...options, cluster }));
    });
}

/** Adds `top`. */
export function addTop(program: Command, ended: Ended): void {
  const command = program.command("top")
    .summary("show queues and the hosts that serve them, live")
    .description("Shows the queues at a NATS server and the hosts that serve them, until q or Ctrl-C.");
  withAccess(command)
    .addOption(queueOption("only this queue; may be given again (default: all)").argParser(collect))
    .option("--interval <time>", "how often to look, 100ms at least (default: 2s)", interval)
    .option("--once", "show it once, and end")
    .option("--json", "a line of JSON each time, for machines")
    .addHelpText(
      "after",
      `
Of a queue: jobs that wait, how long the oldest of them has, and jobs that hosts have; its hosts' slots, jobs a second of
late, and the mean run; jobs that hosts have and others had before; jobs that were set aside; the most jobs it takes.
Of a host: jobs that it has (held), those of them that have not begun (waiting), and what it has done since it began (up).

Examples:
  compute-cluster top --engine nats://broker:4222
  compute-cluster top --engine nats://broker:4222 --queue images --once --json`,
    )
    .action(async (flags: TopFlags) => {
      const { top } = await import("./top.ts");
      ended(await top(flags));
    });
}

/** Adds `dead` and what it does. */
export function addDead(program: Command, ended: Ended): void {
  const dead = program.command("dead")
    .summary("list, show, put back or drop jobs that were set aside")
    .description("Jobs that were set aside because every host that had them was lost: CC_ERR_POISON for their callers.")
    .helpCommand(false);
  const add = (name: string, text: string): Command => {
    const command = dead.command(name).description(text);
    return withAccess(command).addOption(queueOption("the queue").argParser(once).makeOptionMandatory());
  };
  add("list", "Lists them, the oldest first.")
    .option("--json", "a line of JSON for each, for machines")
    .action(async (flags: DeadFlags) => {
      const { listDead } = await import("./dead.ts");
      ended(await listDead(flags));
    });
  const actions: [DeadAction, string][] = [
    ["show", "Shows all that they came with, as JSON: headers and arguments."],
    ["requeue", "Puts them back into the queue, as jobs that no host was given yet. Their next answer counts."],
    ["drop", "Forgets them."],
  ];
  for (const [name, text] of actions) {
    add(name, text)
      .argument("[ids...]", "the ids of jobs, or their addresses (see list --json)")
      .option("--all", "all of them")
      .action(async (ids: string[], flags: DeadFlags) => {
        const { handleDead } = await import("./dead.ts");
        ended(await handleDead(name, ids, flags));
      });
  }
}

function queueOption(text: string): Option {
  return new Option("--queue <name>", text);
}

/** Other commands take several: here the last would be taken, and the others left out. */
function once(value: string, before?: string): string {
  if (before !== undefined) throw new InvalidArgumentError("It is one queue at a time.");
  return value;
}

/** A limit, or none. */
function backlog(text: string): number {
  return text === "none" ? Infinity : count(1)(text);
}

/** Other programs take seconds here: a bare `1` is not to ask the server a thousand times a second. */
function interval(text: string): number {
  const milliseconds = duration(text);
  const limit = milliseconds < 100 ? "100ms at least" : milliseconds >= 2 ** 31 ? "24 days at most" : null;
  if (limit === null) return milliseconds;
  throw new InvalidArgumentError(`It must be ${limit}; ${JSON.stringify(text)} is ${milliseconds} ms.`);
}
