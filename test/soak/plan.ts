/**
 * What is drawn by lot: the options of a cluster, and what each of its jobs does and has done to it.
 *
 * @module
 */

import type { ComputeClusterOptions, Isolation } from "../../mod.ts";
import { LACKS } from "../../runtimes/capabilities.ts";
import { runtime } from "../../runtimes/select.ts";
import type { Random } from "../core/random.ts";

export type Does = "answer" | "spin" | "sleep" | "wait" | "hang" | "throw" | "exit" | "collect";

/** One job. */
export interface JobPlan {
  readonly does: Does;
  readonly ms: number;
  /** The exit code of a job that exits. */
  readonly code: number;
  /** Whether the handler takes the signal. */
  readonly heeds: boolean;
  readonly task: "task" | undefined;
  readonly timeout: number | undefined;
  /** Milliseconds until it is aborted; `before`: it comes with an aborted signal. */
  readonly abort: "before" | number | null;
  readonly style: "promise" | "callback";
  /** Characters to send, and to get back. */
  readonly given: number;
  readonly size: number;
}

/** How a cluster ends. */
export type Ending = "close" | "exit" | "close, then exit";

/** One cluster and its load. */
export interface RoundPlan {
  readonly options: Omit<ComputeClusterOptions, "module"> & { isolation: Isolation };
  readonly contract: "functions" | "messages";
  readonly jobs: number;
  /** Jobs under way at once, the waiting ones included. */
  readonly window: number;
  /** Whether workers are lost on purpose. */
  readonly harm: boolean;
  /** Whether workers collect garbage now and then, so that their memory is what they need. */
  readonly collect: boolean;
  readonly ending: Ending;
  /** Whether the end comes while jobs are under way. */
  readonly midFlight: boolean;
}

/** Whether a worker in a busy loop can be ended. */
const canKill = (isolation: Isolation): boolean => LACKS[`${runtime} ${isolation}`].kill === undefined;

export function planRound(random: Random, isolation: Isolation): RoundPlan {
  const maxWorkers = 1 + random.integer(4);
  const concurrency = random.pick([1, 4]);
  const maxBacklog = random.pick([Infinity, 40, 5, 0]);
  const room = maxWorkers * concurrency + (maxBacklog === Infinity ? 100 : maxBacklog);
  return {
    options: {
      isolation,
      maxWorkers,
      concurrency,
      maxBacklog,
      minWorkers: random.integer(2),
      retries: random.pick([0, 0, 1, 2]),
      killGrace: random.pick([300, 1_000]),
      idleTimeout: random.pick([30, 30_000, 30_000, 30_000]),
      timeout: random.pick([Infinity, Infinity, 2_000]),
      ...(random.once(4) ? { maxLatency: 200 } : {}),
      ...(isolation === "process" && random.once(3) ? { serialization: "json" as const } : {}),
    },
    contract: random.pick(["functions", "functions", "messages"]),
    jobs: 500 + random.integer(6_000),
    window: Math.max(1, Math.round(room * random.pick([0.5, 1, 1.2]))),
    harm: !random.once(5),
    collect: false,
    ending: random.pick(["close", "close", "exit", "close, then exit"]),
    midFlight: !random.once(3),
  };
}

/** A cluster that lives long, whose workers are not lost and must not grow. */
export function planSteady(isolation: Isolation): RoundPlan {
  return {
    options: { isolation, maxWorkers: 2, concurrency: 4, maxBacklog: 40 },
    contract: "functions",
    jobs: 200_000,
    window: 48,
    harm: false,
    collect: true,
    ending: "close",
    midFlight: true,
  };
}

export function planJob(random: Random, round: RoundPlan): JobPlan {
  const does = drawDeed(random, round);
  const endless = does === "hang" || does === "wait";
  const timed = endless && !random.once(3);
  return {
    does,
    ms: random.integer(does === "spin" ? 3 : 8),
    code: random.integer(4),
    heeds: random.once(2),
    task: round.contract === "functions" && random.once(10) ? "task" : undefined,
    timeout: timed ? 20 + random.integer(150) : random.once(20) ? 20_000 : undefined,
    abort: drawAbort(random, endless && !timed),
    style: random.pick(["promise", "callback"]),
    ...drawSizes(random),
  };
}

function drawDeed(random: Random, { harm, collect, contract, options }: RoundPlan): Does {
  if (collect && random.once(300)) return "collect";
  if (harm) {
    if (random.once(1_500)) return "exit";
    if (random.once(4_000) && canKill(options.isolation)) return "hang";
    if (random.once(1_500)) return "wait";
    // There, what a job throws ends its worker.
    if (contract === "messages" && random.once(1_500)) return "throw";
  }
  if (contract === "functions" && random.once(50)) return "throw";
  if (random.once(20)) return "sleep";
  return random.once(40) ? "spin" : "answer";
}

function drawAbort(random: Random, must: boolean): JobPlan["abort"] {
  if (must) return random.integer(100);
  if (random.once(200)) return "before";
  return random.once(300) ? random.integer(10) : null;
}

function drawSizes(random: Random): { given: number; size: number } {
  const draw = (): number => {
    if (random.once(1_000)) return 200_000 + random.integer(800_000);
    return random.integer(random.once(30) ? 20_000 : 50);
  };
  return { given: draw(), size: draw() };
}
