import { describe, expect, it } from "vitest";
import { Cluster, expectNothingLeft } from "./fakes.ts";

/** A cluster of one worker that has answered jobs of 100 ms each. */
function warm(options: ConstructorParameters<typeof Cluster>[0] = {}): Cluster {
  const cluster = new Cluster(options);
  for (let i = 0; i < 4; i++) {
    cluster.submit(`warm ${i}`);
    if (i === 0) cluster.worker(0).ready();
    cluster.advance(100);
    cluster.worker(0).answer();
  }
  return cluster;
}

describe("Scheduler deadline", () => {
  it("Scheduler refuses a job that is predicted to be answered after its deadline, and says when to come again", () => {
    const cluster = warm();
    cluster.submit("first");
    cluster.submit("second");
    const refused = cluster.submit("third", { deadline: 250 });
    cluster.flush();
    expect(refused.error).toMatchObject({
      code: "CC_ERR_DEADLINE",
      limit: 250,
      expected: 300,
      retryAfter: 50,
      retryable: true,
    });
    expect(cluster.stats.jobs.refused).toBe(1);
    const accepted = cluster.submit("fourth", { deadline: 301 });
    cluster.flush();
    expect(accepted.outcome).toBeNull();
  });

  it("Scheduler drops a job that waits as soon as it could not be answered in time", () => {
    const cluster = warm();
    cluster.submit("long");
    const waits = cluster.submit("waits", { deadline: 1_000, id: "w" });
    cluster.advance(899);
    expect(waits.outcome).toBeNull();
    cluster.advance(1);
    expect(waits.error).toMatchObject({ code: "CC_ERR_DEADLINE", job: "w", limit: 1_000, retryable: true });
    expect(cluster.stats.jobs).toMatchObject({ waiting: 0, running: 1, failed: 1 });
    cluster.worker(0).answer();
    expect(cluster.worker(0).running).toEqual([]);
  });

  it("Scheduler lets a job run that has a place to be had, whatever was predicted", () => {
    const cluster = warm({ idleTimeout: 50 });
    cluster.advance(60);
    cluster.worker(0).exit({ code: 0 });
    const job = cluster.submit("fast now", { deadline: 90 });
    cluster.advance(50);
    expect(job.outcome).toBeNull();
    cluster.worker(1).ready();
    cluster.worker(1).answer("in time");
    cluster.flush();
    expect(job.outcome).toEqual({ ok: true, value: "in time" });
  });

  it("Scheduler does not guess when a job that it drops should come again, where too little is known", () => {
    const cluster = new Cluster();
    cluster.submit("first");
    const job = cluster.submit("second", { deadline: 1_000 });
    cluster.advance(999);
    expect(job.outcome).toBeNull();
    cluster.advance(1);
    expect(job.error).toMatchObject({ code: "CC_ERR_DEADLINE", retryable: true });
    expect(job.error).not.toHaveProperty("retryAfter");
  });

  it("Scheduler tells that a job waits before it tells that it was dropped, be it at once", () => {
    const cluster = new Cluster();
    cluster.submit("slow");
    cluster.worker(0).ready();
    cluster.advance(500);
    cluster.worker(0).answer();
    cluster.submit("runs");
    const job = cluster.submit("hopeless", { deadline: 100, id: "x" });
    cluster.flush();
    expect(job.code).toBe("CC_ERR_DEADLINE");
    const told = cluster.facts.filter((fact) => "job" in fact && fact.job === "x").map(({ type }) => type);
    expect(told).toEqual(["job:queued", "job:settled"]);
  });

  it("Scheduler tells of no drain when a job was refused for its own deadline", () => {
    const cluster = warm();
    cluster.submit("long");
    cluster.submit("longer");
    const refused = cluster.submit("late", { deadline: 10 });
    cluster.flush();
    expect([refused.code, cluster.count("drain")]).toEqual(["CC_ERR_DEADLINE", 0]);
    cluster.worker(0).answer();
    cluster.worker(0).answer();
    cluster.flush();
    expect(cluster.count("drain")).toBe(0);
  });

  it("Scheduler drops a job that is ahead in a worker, and has not begun, when its time is over", () => {
    const cluster = new Cluster({ prefetch: 2 });
    cluster.submit("runs");
    cluster.worker(0).ready();
    const ahead = cluster.submit("ahead", { deadline: 500 });
    cluster.advance(500);
    expect(ahead.error).toMatchObject({ code: "CC_ERR_DEADLINE", retryable: true });
    expect(cluster.stats.jobs).toMatchObject({ waiting: 0, running: 1 });
  });

  it("Scheduler gives a job that runs up when its deadline has passed", () => {
    const cluster = warm();
    const job = cluster.submit("runs", { deadline: 1_000 });
    cluster.advance(999);
    expect(job.outcome).toBeNull();
    cluster.advance(1);
    expect(job.error).toMatchObject({ code: "CC_ERR_DEADLINE", limit: 1_000, retryable: false });
    expect(cluster.worker(0).frames.at(-1)).toMatchObject({ type: "abort", why: "deadline" });
  });

  it("Scheduler gives a job up that runs again, or waits to, when its deadline has passed", () => {
    const cluster = warm({ retries: 1 });
    const job = cluster.submit("again", { deadline: 1_000 });
    cluster.advance(950);
    cluster.worker(0).crash();
    cluster.advance(50);
    expect(job.error).toMatchObject({ code: "CC_ERR_DEADLINE", retryable: false });
    expect(cluster.stats.jobs).toMatchObject({ waiting: 0, running: 0 });
  });

  it("Scheduler knows nothing of a first job's run, and gives it all of its time", () => {
    const cluster = new Cluster();
    const job = cluster.submit("first", { deadline: 500 });
    cluster.advance(499);
    expect(job.outcome).toBeNull();
    cluster.advance(1);
    expect(job.error).toMatchObject({ code: "CC_ERR_DEADLINE", retryable: true });
  });

  it("Scheduler forgets the deadline of a job that has ended", () => {
    for (const end of ["answer", "crash", "cancel", "close"] as const) {
      const cluster = warm({ idleTimeout: Infinity });
      const job = cluster.submit("job", { deadline: 60_000 });
      const waits = cluster.submit("waits", { deadline: 60_000 });
      if (end === "cancel") job.cancel();
      else if (end === "close") cluster.close("now");
      else cluster.worker(0)[end]();
      waits.cancel();
      cluster.flush();
      expect(cluster.clock.due.filter((due) => due > 30_000)).toEqual([]);
    }
  });

  it("Scheduler leaves nothing behind when jobs with deadlines end", () => {
    const cluster = warm();
    for (let i = 0; i < 5; i++) cluster.submit(i, { deadline: 150 });
    cluster.advance(1_000);
    cluster.close();
    cluster.worker(0).exit({ code: 0 });
    expectNothingLeft(cluster);
  });
});
