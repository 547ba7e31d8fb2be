import { describe, expect, it } from "vitest";
import { type AdmissionLimits, type Queue, refusal } from "../../src/core/admission.ts";
import { Estimator } from "../../src/core/estimator.ts";

const none: AdmissionLimits = { maxBacklog: Infinity, maxLatency: Infinity, deadline: Infinity, slots: 1 };

/** Has seen `runs` jobs of 100 ms each. */
function seen(runs: number): Estimator {
  const estimator = new Estimator();
  for (let i = 0; i < runs; i++) estimator.record(100);
  estimator.watch(true, 0);
  return estimator;
}

const queue = (waiting: number, counted: number = waiting): Queue => ({ waiting, counted });

describe("refusal", () => {
  it("refusal holds only jobs that count against the backlog, and predicts with all", () => {
    expect(refusal({ ...none, maxBacklog: 2 }, queue(50, 2), seen(10), 0)).toBeNull();
    expect(refusal({ ...none, maxBacklog: 2 }, queue(50, 3), seen(10), 0)?.code).toBe("CC_ERR_BACKLOG_FULL");
    expect(refusal({ ...none, maxLatency: 1_000 }, queue(50, 1), seen(10), 0)?.code).toBe("CC_ERR_LATENCY");
  });

  it("refusal admits anything without limits", () => {
    expect(refusal(none, queue(1_000_000), seen(100), 0)).toBeNull();
  });

  it.each([
    [0, 0, false],
    [0, 1, true],
    [2, 2, false],
    [2, 3, true],
  ])("refusal with maxBacklog %i and %i waiting: %s", (maxBacklog, waiting, refused) => {
    expect(refusal({ ...none, maxBacklog }, queue(waiting), seen(0), 0) !== null).toBe(refused);
  });

  it("refusal by backlog keeps the original's sentence and names the limit", () => {
    const error = refusal({ ...none, maxBacklog: 2 }, queue(3), seen(0), 0);
    expect(error).toMatchObject({
      code: "CC_ERR_BACKLOG_FULL",
      message: "cannot enqueue work: maximum backlog exceeded (2)",
      limit: 2,
      retryable: true,
    });
  });

  it("refusal by latency tells what it expects, and when to come again", () => {
    const error = refusal({ ...none, maxLatency: 330.5 }, queue(4), seen(10), 0);
    expect(error).toMatchObject({
      code: "CC_ERR_LATENCY",
      message: "cannot enqueue work: maximum expected work duration exceeded (0.50s)",
      limit: 330.5,
      retryable: true,
    });
    expect(error?.expected).toBeCloseTo(500);
    expect(error?.retryAfter).toBe(170);
  });

  it("refusal by latency never says to come again at once", () => {
    expect(refusal({ ...none, maxLatency: 199.999 }, queue(1), seen(10), 0)?.retryAfter).toBe(1);
  });

  it("refusal admits a job that is expected exactly in time", () => {
    expect(refusal({ ...none, maxLatency: 200 }, queue(1), seen(1_000), 0)).toBeNull();
  });

  it("refusal admits a job that a worker is about to take, however slow the jobs were", () => {
    expect(refusal({ ...none, maxLatency: 1 }, queue(0), seen(100), 0)).toBeNull();
    expect(refusal({ ...none, maxLatency: 1 }, queue(-3), seen(100), 0)).toBeNull();
  });

  it("refusal by latency needs two runs per slot", () => {
    const limits = { ...none, maxLatency: 1, deadline: Infinity, slots: 3 };
    expect(refusal(limits, queue(1), seen(5), 0)).toBeNull();
    expect(refusal(limits, queue(1), seen(6), 0)?.code).toBe("CC_ERR_LATENCY");
  });

  it("refusal by latency forgets a slow spell", () => {
    const limits = { ...none, maxLatency: 20 };
    const estimator = seen(10);
    expect(refusal(limits, queue(1), estimator, 120_000)).not.toBeNull();
    estimator.watch(false, 120_000);
    expect(refusal(limits, queue(1), estimator, 240_000)).toBeNull();
  });

  it("refusal names the backlog when both limits are passed", () => {
    expect(refusal({ maxBacklog: 0, maxLatency: 1, deadline: Infinity, slots: 1 }, queue(1), seen(10), 0)?.code).toBe(
      "CC_ERR_BACKLOG_FULL",
    );
  });
});
