import { describe, expect, it } from "vitest";
import { Utilisation } from "../../src/core/utilisation.ts";
import { Cluster, FakeClock } from "./fakes.ts";

describe("Utilisation", () => {
  it("Utilisation is 0 before any worker was ready", () => {
    const clock = new FakeClock();
    const utilisation = new Utilisation(clock);
    clock.advance(1000);
    expect(utilisation.share).toBe(0);
    utilisation.changed("starting", "idle");
    expect(utilisation.share).toBe(0);
  });

  it("Utilisation is the share of ready time that was busy, of all workers", () => {
    const clock = new FakeClock();
    const utilisation = new Utilisation(clock);
    for (const at of ["idle", "idle", "busy", "retiring"] as const) utilisation.changed("starting", at);
    clock.advance(60_000);
    expect(utilisation.share).toBeCloseTo(0.5, 10);
    utilisation.changed("busy", "stopping");
    utilisation.changed("retiring", "exited");
    clock.advance(60_000);
    expect(utilisation.share).toBeLessThan(0.001);
  });

  it("Utilisation counts a moment half as much 5 s later", () => {
    const clock = new FakeClock();
    const utilisation = new Utilisation(clock);
    utilisation.changed("starting", "busy");
    clock.advance(100_000);
    utilisation.changed("busy", "idle");
    for (const share of [0.5, 0.25, 0.125]) {
      clock.advance(5_000);
      expect(utilisation.share).toBeCloseTo(share, 5);
    }
  });

  it("Utilisation stays what it was while there is no worker, however long", () => {
    const clock = new FakeClock();
    const utilisation = new Utilisation(clock);
    utilisation.changed("starting", "busy");
    clock.advance(100);
    utilisation.changed("busy", "exited");
    clock.advance(10_000);
    expect(utilisation.share).toBeCloseTo(1, 10);
    clock.advance(1e9);
    expect(utilisation.share).toBe(0);
  });

  it("Scheduler tells it: a worker is ready from its start on, and busy while it has jobs", () => {
    const cluster = new Cluster({ maxWorkers: 1 });
    cluster.submit(1);
    cluster.advance(1_000);
    expect(cluster.stats.utilisation).toBe(0);
    cluster.worker(0).ready();
    cluster.advance(100);
    expect(cluster.stats.utilisation).toBe(1);
    cluster.worker(0).answer();
    cluster.advance(100);
    expect(cluster.stats.utilisation).toBeCloseTo(0.5, 1);
  });
});
