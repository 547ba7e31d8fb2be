import { describe, expect, it } from "vitest";
import type { JobRequest, Outcome } from "../../src/core/engine.ts";
import { Job, type JobState } from "../../src/core/job.ts";
import { Worker } from "../../src/core/worker.ts";
import type { WorkerPort } from "../../src/core/adapter.ts";
import { FakeClock } from "./fakes.ts";
import { aRequest, uncontrolled } from "./request.ts";

const port: WorkerPort = { id: "1", pid: 1, exchange: null, send() {}, stop() {}, kill() {}, ref() {}, unref() {} };
const worker = new Worker(port, 0, null);

function job(over: Partial<JobRequest> = {}, done: (outcome: Outcome) => void = () => {}): Job {
  return new Job(7, aRequest({ args: 1, ...over }), 1_000, done, uncontrolled);
}

describe("Job", () => {
  it("Job is named by its caller, else by its number", () => {
    expect([job().id, job({ id: "mine" }).id, job({ id: "" }).id]).toEqual(["7", "mine", ""]);
  });

  it("Job is new, has not begun, and knows when it was submitted", () => {
    expect(job()).toMatchObject({ state: { at: "new" }, attempt: 0, startedAt: 0, submittedAt: 1_000 });
  });

  it("Job.begin counts the run and keeps when it began", () => {
    const it = job();
    it.begin(1_500);
    expect([it.attempt, it.startedAt]).toEqual([1, 1_500]);
    it.begin(1_900);
    expect([it.attempt, it.startedAt]).toEqual([2, 1_900]);
  });

  it.each(["running", "aborting"] as const)("Job.enter cancels the timer of %s, whatever comes next", (at) => {
    const nexts: JobState[] = [
      { at: "settled" },
      { at: "aborting", worker, timer: null, heard: false },
      { at: "queued" },
    ];
    for (const next of nexts) {
      const clock = new FakeClock();
      const it = job();
      it.enter({ at, worker, heard: false, timer: clock.schedule(10, () => {}) });
      expect(clock.pending).toBe(1);
      it.enter(next);
      expect([clock.pending, it.state]).toEqual([0, next]);
    }
  });

  it("Job.cancel and Job.takeBack ask for its own end, Job.more for more of what it yields", () => {
    const asked: unknown[] = [];
    const it = new Job(1, aRequest(), 0, () => {}, {
      cancel: (...of) => void asked.push(of),
      takeBack: (...of) => void asked.push(of),
      more: (...of) => void asked.push(of),
    });
    it.cancel("why");
    it.takeBack("elsewhere");
    it.more(3);
    expect(asked).toEqual([[it, "why"], [it, "elsewhere"], [it, 3]]);
  });

  it("Job.answer hands the outcome to the caller", () => {
    const outcomes: Outcome[] = [];
    job({}, (outcome) => outcomes.push(outcome)).answer({ ok: true, value: 3 });
    expect(outcomes).toEqual([{ ok: true, value: 3 }]);
  });
});
