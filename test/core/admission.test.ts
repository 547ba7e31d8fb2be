import { describe, expect, it } from "vitest";
import { Admission, type AdmissionLimits } from "../../src/core/admission.ts";
import type { ClusterError } from "../../src/core/errors.ts";
import type { Before } from "../../src/core/keys.ts";
import type { Worker } from "../../src/core/worker.ts";
import { Forecast } from "../../src/core/forecast.ts";

/** What stands before a job. */
interface Scene {
  /** Jobs in the backlog, by task. */
  readonly waiting?: Readonly<Record<string, number>>;
  readonly bounded?: number;
  readonly ahead?: number;
  /** Of those in the backlog, how many any worker may run; all if not given. */
  readonly open?: number;
  readonly room?: number;
  readonly slots?: number;
  /** What stands before the job, if it has a key. */
  readonly before?: Before;
  /** Whether the worker of its key has a place. */
  readonly free?: boolean;
  readonly now?: number;
}

/** Has seen `runs` jobs of 100 ms each. */
function seen(runs: number): Forecast {
  const forecast = new Forecast();
  for (let i = 0; i < runs; i++) forecast.record(null, 100);
  forecast.watch(true, 0);
  return forecast;
}

function admission(limits: Partial<AdmissionLimits>, forecast: Forecast, scene: Scene): Admission {
  const { waiting = {}, bounded = 0, ahead = 0, room = 0, slots = 1, before = { at: "none" }, free = false, now = 0 } =
    scene;
  const tasks = Object.entries(waiting).map(([task, count]) => [task === "default" ? null : task, count] as const);
  const size = tasks.reduce((sum, [, count]) => sum + count, 0);
  return new Admission({ maxBacklog: Infinity, maxLatency: Infinity, ...limits }, {
    backlog: {
      size,
      bounded,
      open: scene.open ?? size,
      before: () => before,
      work: (run) => tasks.reduce((sum, [task, count]) => sum + count * run(task), 0),
    },
    placement: { room, ahead, boundedAhead: 0, hasPlace: () => free },
    forecast,
    slots: () => slots,
    now: () => now,
  });
}

/** How a job fares that finds `before` jobs. */
function refusal(
  limits: Partial<AdmissionLimits>,
  before: number,
  forecast: Forecast,
  scene: Scene = {},
): ClusterError | null {
  return admission(limits, forecast, { waiting: { default: before }, ...scene }).refusal();
}

const keyed = { task: null, key: "a", deadline: Infinity, bounded: false };

const job = (task: string | null, deadline = Infinity) => ({ task, deadline, key: null, bounded: false });

describe("Admission", () => {
  it("Admission holds only jobs that count against the backlog, and predicts with all", () => {
    expect(refusal({ maxBacklog: 2 }, 49, seen(10), { bounded: 48 })).toBeNull();
    expect(refusal({ maxBacklog: 2 }, 49, seen(10), { bounded: 47 })?.code).toBe("CC_ERR_BACKLOG_FULL");
    expect(refusal({ maxLatency: 1_000 }, 49, seen(10), { bounded: 49 })?.code).toBe("CC_ERR_LATENCY");
  });

  it("Admission lets anything in without limits, and whatever its caller bounds", () => {
    expect(refusal({}, 1_000_000, seen(100))).toBeNull();
    expect(admission({ maxBacklog: 0 }, seen(0), {}).refusal({ ...job(null), bounded: true })).toBeNull();
  });

  it.each([
    [0, 0, 1, false],
    [0, 0, 0, true],
    [2, 1, 0, false],
    [2, 2, 0, true],
  ])("Admission with maxBacklog %i, %i waiting and room for %i: refuses %s", (maxBacklog, before, room, refused) => {
    expect(refusal({ maxBacklog }, before, seen(0), { room }) !== null).toBe(refused);
  });

  it("Admission by backlog keeps the original's sentence and names the limit", () => {
    expect(refusal({ maxBacklog: 2 }, 2, seen(0))).toMatchObject({
      code: "CC_ERR_BACKLOG_FULL",
      message: "cannot enqueue work: maximum backlog exceeded (2)",
      limit: 2,
      retryable: true,
    });
  });

  it("Admission by latency tells what it expects, and when to come again", () => {
    const error = refusal({ maxLatency: 330.5 }, 3, seen(10));
    expect(error).toMatchObject({
      code: "CC_ERR_LATENCY",
      message: "cannot enqueue work: maximum expected work duration exceeded (0.50s)",
      limit: 330.5,
      retryable: true,
    });
    expect(error?.expected).toBeCloseTo(500);
    expect(error?.retryAfter).toBe(170);
  });

  it("Admission by latency never says to come again at once, and lets in what is expected exactly in time", () => {
    expect(refusal({ maxLatency: 199.999 }, 0, seen(10))?.retryAfter).toBe(1);
    expect(refusal({ maxLatency: 200 }, 0, seen(1_000))).toBeNull();
  });

  it("Admission lets a job in that a worker is about to take, however slow the jobs were", () => {
    expect(refusal({ maxLatency: 1 }, 0, seen(100), { room: 1 })).toBeNull();
    expect(refusal({ maxLatency: 1 }, 2, seen(100), { room: 6 })).toBeNull();
  });

  it("Admission has no room for a job that waits for another, and none is taken up by those", () => {
    const scene = { room: 5, before: { at: "jobs", count: 1 } } as const;
    expect(admission({ maxBacklog: 0 }, seen(0), scene).refusal(keyed)?.code).toBe("CC_ERR_BACKLOG_FULL");
    expect(refusal({ maxBacklog: 0 }, 50, seen(0), { room: 1, open: 0 })).toBeNull();
  });

  it("Admission lets a job in whose key has a worker that is free, and no other job of it", () => {
    const before = { at: "worker", worker: {} as Worker } as const;
    const limits = { maxBacklog: 0, maxLatency: 1 };
    expect(admission(limits, seen(10), { before, free: true }).refusal(keyed)).toBeNull();
    expect(admission(limits, seen(10), { before }).refusal(keyed)?.code).toBe("CC_ERR_BACKLOG_FULL");
  });

  it("Admission predicts that the jobs of a key run one after the other", () => {
    const it = admission({}, seen(8), { before: { at: "jobs", count: 4 }, waiting: { default: 3 }, slots: 4 });
    expect(it.latency(keyed)).toBeCloseTo(500);
  });

  it("Admission by latency needs two runs per slot", () => {
    expect(refusal({ maxLatency: 1 }, 0, seen(5), { slots: 3 })).toBeNull();
    expect(refusal({ maxLatency: 1 }, 0, seen(6), { slots: 3 })?.code).toBe("CC_ERR_LATENCY");
  });

  it("Admission by latency forgets a slow spell", () => {
    const forecast = seen(10);
    expect(refusal({ maxLatency: 20 }, 0, forecast, { now: 120_000 })).not.toBeNull();
    forecast.watch(false, 120_000);
    expect(refusal({ maxLatency: 20 }, 0, forecast, { now: 240_000 })).toBeNull();
  });

  it("Admission names the backlog when both limits are passed", () => {
    expect(refusal({ maxBacklog: 0, maxLatency: 1 }, 0, seen(10))?.code).toBe("CC_ERR_BACKLOG_FULL");
  });

  it("Admission predicts by the tasks of what waits, and of the job", () => {
    const forecast = seen(4);
    for (let i = 0; i < 100; i++) forecast.record("quick", 1);
    const it = admission({}, forecast, { waiting: { default: 2, quick: 10 }, slots: 2 });
    // What waits and the job take 200, 10 and 100 or 1 ms, on two slots.
    expect(it.latency(job(null))).toBeCloseTo(100 + 310 / 2);
    expect(it.latency(job("quick"))).toBeCloseTo(1 + 211 / 2);
    expect(it.refusal(job("quick", 100))?.code).toBe("CC_ERR_DEADLINE");
    expect(it.refusal(job("quick", 107))).toBeNull();
  });
});
