import { describe, expect, it } from "vitest";
import { CrewSetup as Setup, give } from "./crew-setup.ts";

describe("Crew.grow", () => {
  it("Crew.grow starts one worker per waiting job, and no more than maxWorkers", () => {
    const { crew, adapter } = new Setup({ maxWorkers: 3 });
    crew.grow(0, 0);
    expect(adapter.workers).toHaveLength(0);
    crew.grow(2, 0);
    expect(adapter.workers).toHaveLength(2);
    crew.grow(2, 0);
    expect(adapter.workers).toHaveLength(2);
    crew.grow(10, 0);
    expect(adapter.workers).toHaveLength(3);
  });

  it("Crew.grow counts on a starting worker for as many jobs as it runs at once", () => {
    const { crew, adapter } = new Setup({ maxWorkers: 5, concurrency: 3 });
    crew.grow(3, 0);
    expect(adapter.workers).toHaveLength(1);
    crew.grow(4, 0);
    expect(adapter.workers).toHaveLength(2);
  });

  it("Crew.grow keeps workers warm, those that are busy included", () => {
    const setup = new Setup({ maxWorkers: 5 });
    const [worker] = setup.ready(1);
    give(worker!, 1);
    setup.crew.grow(0, 3);
    expect(setup.adapter.workers).toHaveLength(3);
    setup.crew.grow(1, 3);
    expect(setup.adapter.workers).toHaveLength(3);
  });

  it("Crew.grow counts stopping workers against maxWorkers, but not on them", () => {
    const setup = new Setup({ maxWorkers: 2 });
    const [first] = setup.ready(2);
    setup.crew.stop(first!);
    setup.crew.grow(5, 2);
    expect(setup.adapter.workers).toHaveLength(2);
    setup.adapter.workers[0]!.exit();
    setup.crew.grow(5, 2);
    expect(setup.adapter.workers).toHaveLength(3);
  });

  it("Crew.grow asks for what to start anew each time", () => {
    const { crew, adapter } = new Setup({ maxWorkers: 2 });
    crew.grow(2, 0);
    expect(adapter.workers[0]!.spec).not.toBe(adapter.workers[1]!.spec);
  });
});

describe("Crew", () => {
  it("Crew counts its workers by state", () => {
    const setup = new Setup({ maxWorkers: 3 });
    setup.ready(1);
    setup.start(1);
    expect([setup.crew.size, setup.crew.count("idle"), setup.crew.count("starting"), setup.crew.takers]).toEqual([
      2,
      1,
      1,
      1,
    ]);
  });

  it("Crew tells of a start, of a worker that is ready, of its frames and of its exit", () => {
    const setup = new Setup();
    const [worker] = setup.start(1);
    worker!.ready();
    worker!.says({ type: "stray" });
    worker!.exit({ code: 3 });
    expect(setup.told).toEqual([
      "worker:starting 1",
      "worker:ready 1",
      '1 said {"type":"stray"}',
      "worker:exit 1",
    ]);
    expect(setup.exits).toMatchObject([[{ state: { at: "exited" } }, { code: 3 }, false]]);
    expect([setup.crew.size, setup.turns]).toEqual([0, 3]);
  });

  it("Crew takes no notice of a worker that says ready twice, or while it stops", () => {
    const setup = new Setup({ maxWorkers: 2 });
    const [first, second] = setup.start(2);
    first!.ready();
    first!.ready();
    setup.crew.stop([...setup.crew][1]!);
    second!.ready();
    expect(setup.states()).toEqual(["idle", "stopping"]);
    expect(setup.told.filter((told) => told.startsWith("worker:ready"))).toHaveLength(1);
  });

  it("Crew stops a worker that has rested for idleTimeout", () => {
    const setup = new Setup({ idleTimeout: 500 });
    setup.ready(1);
    setup.clock.advance(499);
    expect(setup.states()).toEqual(["idle"]);
    setup.clock.advance(1);
    expect(setup.states()).toEqual(["stopping"]);
    expect(setup.adapter.workers[0]!.stops).toBe(1);
  });

  it("Crew tries a worker that leaves by itself as soon as it is ready less and less often, and calls that no failure", () => {
    const setup = new Setup({ minWorkers: 1, maxWorkers: 1 });
    const starts: number[] = [];
    for (let i = 0; i < 5; i++) {
      setup.crew.grow(0, 1);
      const worker = setup.adapter.workers.at(-1)!;
      starts.push(setup.clock.now());
      worker.ready();
      worker.exit({ code: 0 });
      setup.clock.advance(100 * 2 ** i);
    }
    expect(starts).toEqual([0, 100, 300, 700, 1_500]);
    expect(setup.failures).toEqual([]);
  });

  it("Crew leaves minWorkers where they are, without a timer", () => {
    const setup = new Setup({ idleTimeout: 500, minWorkers: 1, maxWorkers: 3 });
    setup.ready(3);
    setup.clock.advance(500);
    expect(setup.states()).toEqual(["stopping", "stopping", "idle"]);
    for (const worker of setup.adapter.workers.slice(0, 2)) worker.exit();
    expect(setup.clock.pending).toBe(0);
  });

  it("Crew has no idle timer for a worker that got a job", () => {
    const setup = new Setup();
    const [worker] = setup.ready(1);
    expect(setup.clock.pending).toBe(1);
    give(worker!, 1);
    expect(setup.clock.pending).toBe(0);
  });

  it("Crew sets no timer for limits that are Infinity", () => {
    const setup = new Setup({ startTimeout: Infinity, idleTimeout: Infinity, killGrace: Infinity });
    setup.start(1);
    expect(setup.clock.pending).toBe(0);
    setup.adapter.workers[0]!.ready();
    expect(setup.clock.pending).toBe(0);
    setup.crew.stop([...setup.crew][0]!);
    expect(setup.clock.pending).toBe(0);
  });

  it("Crew.stop kills after killGrace, and only then", () => {
    const setup = new Setup({ killGrace: 200 });
    const [worker] = setup.ready(1);
    setup.crew.stop(worker!);
    setup.clock.advance(199);
    expect(setup.adapter.workers[0]).toMatchObject({ stops: 1, kills: 0 });
    setup.clock.advance(1);
    expect(setup.adapter.workers[0]!.kills).toBe(1);
    expect(setup.states()).toEqual(["stopping"]);
  });

  it("Crew.stop has no grace left to wait for once the worker has gone", () => {
    const setup = new Setup({ killGrace: 200 });
    const [worker] = setup.ready(1);
    setup.crew.stop(worker!);
    setup.adapter.workers[0]!.exit();
    expect(setup.clock.pending).toBe(0);
    expect(setup.exits[0]?.[2]).toBe(true);
  });

  it("Crew.kill needs no grace, and ends that of a stop", () => {
    const setup = new Setup({ maxWorkers: 2 });
    const [first, second] = setup.ready(2);
    setup.crew.kill(first!);
    setup.crew.stop(second!);
    setup.crew.kill(second!);
    expect(setup.clock.pending).toBe(0);
    expect(setup.adapter.workers.map((worker) => worker.kills)).toEqual([1, 1]);
  });

  it("Crew.dismiss sends home those without a job, started or not", () => {
    const setup = new Setup({ maxWorkers: 3 });
    const [busy] = setup.ready(2);
    give(busy!, 1);
    setup.start(1);
    setup.crew.dismiss();
    setup.crew.dismiss();
    expect(setup.states()).toEqual(["busy", "stopping", "stopping"]);
  });
});

describe("Crew start failures", () => {
  it("Crew counts a worker that ends before it is ready as a failed start, and pauses", () => {
    const setup = new Setup({ maxWorkers: 2 });
    setup.start(1)[0]!.crash();
    setup.crew.grow(5, 0);
    expect([setup.adapter.workers.length, setup.crew.lostStarts, setup.exits.length]).toEqual([1, 1, 0]);
    const turns = setup.turns;
    setup.clock.advance(100);
    expect(setup.turns).toBe(turns + 1);
    setup.crew.grow(5, 0);
    setup.crew.grow(5, 0);
    expect(setup.adapter.workers).toHaveLength(2);
    expect(setup.failures).toEqual([]);
  });

  it("Crew says so when the third start in a row has failed, with the last failure", () => {
    const setup = new Setup({ maxWorkers: 3 });
    for (const worker of setup.start(3)) worker.exit({ code: 1, stderr: `of ${worker.id}` });
    expect(setup.failures).toMatchObject([{ code: "CC_ERR_WORKER_START", stderr: "of 3", exitCode: 1 }]);
    expect(setup.crew.lostStarts).toBe(3);
  });

  it("Crew kills a worker that is not ready within startTimeout and says so at once", () => {
    const setup = new Setup({ startTimeout: 300 });
    const [worker] = setup.start(1);
    setup.clock.advance(300);
    expect([worker!.kills, setup.states(), setup.crew.lostStarts]).toEqual([1, ["stopping"], 1]);
    expect(setup.failures).toMatchObject([{ code: "CC_ERR_WORKER_START", limit: 300 }]);
    worker!.exit({ code: null, signal: "SIGKILL" });
    expect([setup.crew.lostStarts, setup.exits[0]?.[2]]).toEqual([1, true]);
  });

  it("Crew counts no failure for a worker that was stopped while it started", () => {
    const setup = new Setup();
    const [worker] = setup.start(1);
    setup.crew.dismiss();
    worker!.crash();
    expect([setup.crew.lostStarts, setup.exits[0]?.[2], setup.clock.pending]).toEqual([0, true, 0]);
  });

  it("Crew takes a worker that dies before it did anything for one that can't start", () => {
    const setup = new Setup({ maxWorkers: 5 });
    for (let i = 0; i < 3; i++) {
      setup.crew.grow(0, 1);
      setup.adapter.workers.at(-1)!.ready();
      setup.adapter.workers.at(-1)!.crash();
      setup.clock.advance(5_000);
    }
    expect(setup.failures).toMatchObject([{ code: "CC_ERR_WORKER_EXIT", exitCode: 1 }]);
    expect([setup.crew.lostStarts, setup.exits.length]).toEqual([0, 3]);
  });

  it.each(["has answered a job", "has rested for long"])("Crew does not when it %s", (how) => {
    const setup = new Setup({ minWorkers: 1, idleTimeout: 500 });
    const [worker] = setup.ready(1);
    if (how === "has rested for long") setup.clock.advance(500);
    else {
      give(worker!, 1);
      worker!.jobs.removeAll();
      setup.crew.rest(worker!);
    }
    setup.adapter.workers[0]!.crash();
    expect(setup.clock.pending).toBe(0);
    setup.crew.grow(0, 1);
    expect(setup.states()).toEqual(["starting"]);
  });

  it("Crew.hold stops all starts until retry", () => {
    const setup = new Setup({ maxWorkers: 2 });
    setup.start(1)[0]!.crash();
    setup.crew.hold();
    expect(setup.clock.pending).toBe(0);
    setup.crew.grow(2, 2);
    expect(setup.crew.size).toBe(0);
    setup.crew.retry();
    setup.crew.grow(2, 2);
    expect(setup.crew.size).toBe(2);
  });
});
