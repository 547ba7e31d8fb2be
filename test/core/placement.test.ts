import { describe, expect, it } from "vitest";
import { CrewSetup as Setup, give } from "./crew-setup.ts";

describe("Placement.room", () => {
  it("Placement.room counts workers that may be started, are starting, or are free", () => {
    const setup = new Setup({ maxWorkers: 4 });
    expect(setup.placement.room).toBe(4);
    setup.start(2);
    expect(setup.placement.room).toBe(4);
    for (const worker of setup.adapter.workers) worker.ready();
    expect(setup.placement.room).toBe(4);
    const [first, second] = [...setup.crew];
    give(first!, 1);
    expect(setup.placement.room).toBe(3);
    setup.crew.stop(second!);
    expect(setup.placement.room).toBe(2);
  });

  it("Placement.room is what is left of each worker's concurrency, and nothing of a retiring one's", () => {
    const setup = new Setup({ maxWorkers: 2, concurrency: 3 });
    expect(setup.placement.room).toBe(6);
    const [worker] = setup.ready(1);
    give(worker!, 1, 2);
    expect(setup.placement.room).toBe(4);
    worker!.enter({ at: "retiring", end: "kill" });
    expect(setup.placement.room).toBe(3);
  });
});

describe("Placement.leastLoaded", () => {
  it("Placement.leastLoaded is the newest among equals, so that the oldest can go home", () => {
    const setup = new Setup({ maxWorkers: 3 });
    expect(setup.placement.leastLoaded(0)).toBeNull();
    const workers = setup.ready(3);
    expect(setup.placement.leastLoaded(0)).toBe(workers[2]);
    give(workers[2]!, 1);
    expect(setup.placement.leastLoaded(0)).toBe(workers[1]);
  });

  it("Placement.leastLoaded is the one with the fewest jobs, and never a full one", () => {
    const setup = new Setup({ maxWorkers: 2, concurrency: 2 });
    const [first, second] = setup.ready(2);
    give(first!, 1);
    give(second!, 2, 3);
    expect(setup.placement.leastLoaded(0)).toBe(first);
    give(first!, 4);
    expect(setup.placement.leastLoaded(0)).toBeNull();
  });

  it("Placement.leastLoaded is never one that starts, retires or stops", () => {
    const setup = new Setup({ maxWorkers: 4 });
    const [retiring, stopping] = setup.ready(2);
    retiring!.enter({ at: "retiring", end: "kill" });
    setup.crew.stop(stopping!);
    setup.crew.grow(1, 0);
    expect(setup.states()).toEqual(["retiring", "stopping", "starting"]);
    expect([setup.placement.leastLoaded(0), setup.crew.takers]).toEqual([null, 0]);
  });
});
