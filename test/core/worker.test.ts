import { describe, expect, it } from "vitest";
import type { WorkerPort } from "../../src/core/adapter.ts";
import type { Timer } from "../../src/core/clock.ts";
import { Job, type JobState } from "../../src/core/job.ts";
import { Worker, type WorkerState } from "../../src/core/worker.ts";
import { FakeClock } from "./fakes.ts";
import { aRequest, uncontrolled } from "./request.ts";

function setUp(): { clock: FakeClock; worker: Worker; calls: string[]; timer: () => Timer } {
  const clock = new FakeClock();
  const calls: string[] = [];
  const port: WorkerPort = {
    id: "1",
    pid: 1,
    exchange: null,
    send() {},
    stop() {},
    kill() {},
    ref: () => void calls.push("ref"),
    unref: () => void calls.push("unref"),
  };
  const timer = (): Timer => clock.schedule(10, () => {});
  return { clock, worker: new Worker(port, 0, timer()), calls, timer };
}

function jobAt(state: (worker: Worker) => JobState, worker: Worker, number: number): Job {
  const job = new Job(
    number,
    aRequest(),
    0,
    () => {},
    uncontrolled,
  );
  job.enter(state(worker));
  return job;
}

describe("Worker", () => {
  it("Worker begins as starting, with its start timeout", () => {
    const { clock, worker } = setUp();
    expect([worker.state.at, clock.pending, worker.jobs.size]).toEqual(["starting", 1, 0]);
  });

  it("Worker.enter cancels the timer of the state that it leaves", () => {
    for (const at of ["starting", "idle", "stopping"] as const) {
      const { clock, worker, timer } = setUp();
      if (at !== "starting") {
        worker.enter(at === "idle" ? { at, timer: timer(), fresh: false } : { at, timer: timer() });
      }
      expect(clock.pending).toBe(1);
      worker.enter({ at: "exited" });
      expect(clock.pending).toBe(0);
    }
  });

  it("Worker lets the program end while it is idle, and only then", () => {
    const { worker, calls } = setUp();
    const steps: [WorkerState, string[]][] = [
      [{ at: "idle", timer: null, fresh: true }, ["unref"]],
      [{ at: "busy" }, ["ref"]],
      [{ at: "idle", timer: null, fresh: false }, ["unref"]],
      [{ at: "stopping", timer: null }, ["ref"]],
      [{ at: "stopping", timer: null }, []],
    ];
    for (const [state, expected] of steps) {
      worker.enter(state);
      expect(calls.splice(0)).toEqual(expected);
    }
  });

  it("Worker touches its port no more once it has exited", () => {
    const { worker, calls } = setUp();
    worker.enter({ at: "idle", timer: null, fresh: true });
    calls.length = 0;
    worker.enter({ at: "exited" });
    expect(calls).toEqual([]);
  });

  it("Worker takes jobs while it is idle or busy", () => {
    const { worker } = setUp();
    expect(worker.takesJobs).toBe(false);
    const states: WorkerState[] = [
      { at: "idle", timer: null, fresh: true },
      { at: "busy" },
      { at: "retiring", end: "kill" },
      { at: "stopping", timer: null },
      { at: "exited" },
    ];
    const takes = states.map((state) => {
      worker.enter(state);
      return worker.takesJobs;
    });
    expect(takes).toEqual([true, true, false, false, false]);
  });

  it("Worker runs something while one of its jobs is waited for", () => {
    const { worker } = setUp();
    expect(worker.runs).toBe(false);
    worker.jobs.push(jobAt((worker) => ({ at: "aborting", worker, timer: null, heard: false }), worker, 1));
    expect(worker.runs).toBe(false);
    worker.jobs.push(jobAt((worker) => ({ at: "running", worker, timer: null }), worker, 2));
    expect(worker.runs).toBe(true);
  });
});
