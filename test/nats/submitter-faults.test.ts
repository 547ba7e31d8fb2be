/**
 * What submitters may do to their jobs, and what may happen to submitters.
 */

import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Runtime } from "../../runtimes/select.ts";
import { until } from "../conformance/kit.ts";
import { Broker } from "./broker.ts";
import { Stage } from "./stage.ts";

const RUNTIMES: readonly Runtime[] = ["node", "bun", "deno"];

let broker: Broker;
let stage: Stage;
let shared: { servers: string; queue: string };

beforeAll(async () => void (broker = await Broker.start()));
afterAll(() => broker?.end());
beforeEach(() => {
  stage = new Stage();
  shared = { servers: broker.url, queue: stage.queue() };
});
afterEach(() => stage.clean());

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

it("A submitter that was killed and is started again with the same ids gets each result, and nothing is run twice", async () => {
  await stage.hostProgram({ ...shared, maxWorkers: 2 });
  // The last one does not end before the first submitter does.
  const jobs = upTo(40).map((n) => {
    const how = n < 39 ? { op: "sleep", ms: 40 } : { op: "wait", file: stage.file("killed") };
    const next = { ...how, value: n };
    return { id: `job ${n}`, args: { op: "log", file: stage.file("ran"), line: n, next } };
  });
  const options = JSON.stringify({ ...shared, jobs });
  const first = stage.program("nats-submitter.ts", [options]);
  await first.line("ended job 10 ");
  first.child.kill("SIGKILL");
  await first.ended;
  stage.write("killed");
  expect((await first.ended).stdout).not.toContain("done");
  const { code, stdout } = await stage.program("nats-submitter.ts", [options]).ended;
  const ended = stdout.trim().split("\n");
  expect([code, ended.at(-1)]).toEqual([0, "done"]);
  expect(ended.slice(0, -1).sort()).toEqual(upTo(40).map((n) => `ended job ${n} ${n}`).sort());
  expect(stage.lines("ran").map(Number).sort((a, b) => a - b)).toEqual(upTo(40));
});

it("A name is the same job, whoever enqueues it, until its answer is forgotten; one that failed may be tried again", async () => {
  await stage.host(shared);
  const clusters = [stage.cluster(shared), stage.cluster(shared)];
  const args = { op: "log", file: stage.file("ran"), line: "ran", next: { op: "sleep", ms: 200, value: "answer" } };
  const jobs = [...clusters, ...clusters].map((cc) => cc.enqueue(args, { id: "once" }));
  expect(await Promise.all(jobs)).toEqual(Array(4).fill("answer"));
  expect(await stage.cluster(shared).enqueue({ op: "echo", value: 2 }, { id: "once" })).toBe("answer");
  expect(stage.lines("ran")).toEqual(["ran"]);
  const [cc] = clusters;
  await expect(cc?.enqueue({ op: "exit", code: 3 }, { id: "lost" })).rejects.toMatchObject({ exitCode: 3 });
  expect(await cc?.enqueue({ op: "echo", value: 3 }, { id: "lost" })).toBe(3);
  await expect(cc?.enqueue({ op: "throw", what: "type" }, { id: "thrown" })).rejects.toMatchObject({ code: "E_BAD" });
  await expect(cc?.enqueue({ op: "echo" }, { id: "thrown" })).rejects.toMatchObject({ code: "E_BAD" });
});

it("A queue that is full refuses jobs, but those of a map wait for room", async () => {
  const cc = stage.cluster({ ...shared, maxBacklog: 5 });
  const drained = once(cc, "drain");
  const jobs = upTo(8).map((value) => cc.enqueue({ op: "echo", value }).catch((error: unknown) => error));
  await until(() => cc.stats().jobs.refused === 3 && cc.stats().jobs.accepted === 5);
  const results = cc.map(upTo(20).map((value) => ({ op: "echo", value })), { concurrency: 8 });
  const mapped = all(results);
  await stage.host(shared);
  const ended = await Promise.all(jobs);
  const refused = ended.filter((end) => typeof end !== "number");
  expect(refused.length).toBe(3);
  for (const error of refused) {
    expect(error).toMatchObject({
      code: "CC_ERR_BACKLOG_FULL",
      limit: 5,
      retryable: true,
      message: "cannot enqueue work: maximum backlog exceeded (5)",
    });
  }
  expect(await mapped).toEqual(upTo(20));
  await drained;
});

it("A backlog that can't be is refused", () => {
  expect(() => stage.cluster({ ...shared, maxBacklog: 0 })).toThrow(/^maxBacklog must be an integer of at least 1/);
});

it("A job that waits and is aborted never runs", async () => {
  const cc = stage.cluster(shared);
  const controllers = [new AbortController(), new AbortController()];
  const early = cc.enqueue({ op: "log", file: stage.file("ran"), line: "early" }, { signal: controllers[0]!.signal });
  controllers[0]!.abort("early");
  await expect(early).rejects.toBe("early");
  const queued = once(cc, "job:queued");
  const late = cc.enqueue({ op: "log", file: stage.file("ran"), line: "late" }, { signal: controllers[1]!.signal });
  await queued;
  controllers[1]!.abort("late");
  await expect(late).rejects.toBe("late");
  await cc.close();
  await stage.host({ ...shared, workers: { maxWorkers: 1 } });
  await stage.cluster(shared).enqueue({ op: "log", file: stage.file("ran"), line: "last" });
  expect(stage.lines("ran")).toEqual(["last"]);
});

it("A job that runs and is aborted frees its worker, even from a busy loop", async () => {
  await stage.host({ ...shared, workers: { maxWorkers: 1 } });
  const cc = stage.cluster(shared);
  const controller = new AbortController();
  const stuck = cc.enqueue({ op: "spin", file: stage.file("ran") }, { signal: controller.signal });
  await until(() => stage.lines("ran").length === 1);
  const next = cc.enqueue({ op: "echo", value: "next" });
  controller.abort("enough");
  await expect(stuck).rejects.toBe("enough");
  expect(await next).toBe("next");
});

it("Jobs of higher levels go first", async () => {
  await stage.host({ ...shared, workers: { maxWorkers: 1, prefetch: 0 } });
  const cc = stage.cluster(shared);
  const controller = new AbortController();
  const first = cc.enqueue({ op: "spin", file: stage.file("ran") }, { signal: controller.signal });
  await until(() => stage.lines("ran").length === 1);
  const order: unknown[] = [];
  // Too long to be taken ahead.
  const run = (value: string, priority: number): Promise<unknown> =>
    cc.enqueue({ op: "sleep", ms: 60, value }, { priority }).then((ended) => order.push(ended));
  let accepted = 1;
  cc.on("job:queued", () => accepted++);
  const rest = [run("a", 0), run("low", -5), run("b", 0), run("high", 10)];
  await until(() => accepted === 5);
  // The host hears of it on the way on which it has heard which levels have jobs.
  controller.abort("enough");
  await expect(first).rejects.toBe("enough");
  await Promise.all(rest);
  expect(order).toEqual(["high", "a", "b", "low"]);
});

it("stats tell which jobs run", async () => {
  await stage.host({ ...shared, workers: { maxWorkers: 1 } });
  const cc = stage.cluster(shared);
  const jobs = [1, 2, 3].map((value) => cc.enqueue({ op: "wait", file: stage.file("go"), value }));
  await until(() => cc.stats().jobs.running === 1);
  expect(cc.stats()).toMatchObject({ adapter: "nats", jobs: { waiting: 2, running: 1 } });
  stage.write("go");
  expect(await Promise.all(jobs)).toEqual([1, 2, 3]);
});

describe("The end", () => {
  it("close waits for what was accepted, and map ends with it", async () => {
    await stage.host(shared);
    const cc = stage.cluster(shared);
    const endless = (function* () {
      for (;;) yield { op: "echo" };
    })();
    // Heard at once: it may be before the jobs have ended.
    const mapped = expect(all(cc.map(endless, { concurrency: 8 }))).rejects.toMatchObject({ code: "CC_ERR_CLOSED" });
    const jobs = upTo(12).map((value) => cc.enqueue({ op: "sleep", ms: 10, value }));
    await until(() => cc.stats().jobs.succeeded > 10);
    const closed = cc.close();
    await expect(cc.enqueue({})).rejects.toMatchObject({ code: "CC_ERR_CLOSED", retryable: true });
    expect(await Promise.all(jobs)).toEqual(upTo(12));
    await mapped;
    await closed;
    expect(cc.stats().state).toBe("closed");
  });

  it.each([1, 5])("exit fails what waits and what runs (of %d jobs), and hosts are free at once", async (count) => {
    await stage.host({ ...shared, workers: { maxWorkers: 1 } });
    const cc = stage.cluster(shared);
    const jobs = upTo(count).map(() =>
      cc.enqueue({ op: "spin", file: stage.file("ran") }).catch((error: { code: unknown }) => error.code)
    );
    await until(() => stage.lines("ran").length === 1);
    await cc.exit();
    const exited = performance.now();
    expect(await Promise.all(jobs)).toEqual(Array(count).fill("CC_ERR_CLOSED"));
    expect(await stage.cluster(shared).enqueue({ op: "echo", value: "next" })).toBe("next");
    // Sooner than the job would have ended.
    expect(performance.now() - exited).toBeLessThan(10_000);
    expect(stage.lines("ran").length).toBe(1);
  });

  it("settles whatever the cluster is doing", async () => {
    const never = stage.cluster(shared);
    await never.exit();
    await never.close();
    for (const end of ["close", "exit"] as const) {
      const connecting = stage.cluster(shared);
      const ready = connecting.ready().catch((error: { code: unknown }) => error.code);
      await connecting[end]();
      expect(await ready).toMatch(/^CC_ERR_(CLOSED|ENGINE)$/);
    }
    const nested = stage.cluster(shared);
    await stage.host(shared);
    await new Promise<void>((resolve) => nested.enqueue({ op: "echo" }, () => nested.exit(() => resolve())));
  });

  it("settles soon where the broker has gone", async () => {
    const gone = await stage.broker();
    const clusters = [0, 1].map(() => stage.cluster({ servers: gone.url, queue: "q" }));
    const jobs = clusters.map((cc) => cc.enqueue({ op: "echo" }).catch((error: { code: unknown }) => error.code));
    await until(() => clusters.every((cc) => cc.stats().jobs.accepted === 1));
    await gone.kill();
    const start = performance.now();
    await Promise.all(clusters.map((cc) => cc.exit()));
    expect(await Promise.all(jobs)).toEqual(["CC_ERR_CLOSED", "CC_ERR_CLOSED"]);
    expect(performance.now() - start).toBeLessThan(25_000);
  });

  it.each(
    RUNTIMES.flatMap((on) =>
      ["construct", "ready", "answered", "aborted", "exited"].map((what) => [on, what] as const)
    ),
  )("A program whose cluster is idle ends by itself (%s, %s)", async (on, what) => {
    await stage.host(shared);
    const { code, stdout, stderr } = await stage.program("nats-idle.ts", [what, broker.url, shared.queue], on).ended;
    expect([code, stdout.trim(), stderr]).toEqual([0, "last line", ""]);
  });

  it.each(RUNTIMES)("A program does not end before all jobs are withdrawn that it wants no more (%s)", async (on) => {
    // It makes the queue.
    await (await stage.host(shared)).exit();
    const args = ["many aborted", broker.url, shared.queue, stage.file("ran")];
    const { code, stdout, stderr } = await stage.program("nats-idle.ts", args, on).ended;
    expect([code, stdout.trim(), stderr]).toEqual([0, "last line", ""]);
    await stage.host(shared);
    await stage.cluster(shared).enqueue({ op: "log", file: stage.file("ran"), line: "last" });
    expect(stage.lines("ran")).toEqual(["last"]);
  });
});

it("Many submitters and hosts of all runtimes in one queue: each id has one result, and it is its own", async () => {
  await Promise.all(RUNTIMES.map((on) => stage.hostProgram({ ...shared, maxWorkers: 2 }, on)));
  const jobsOf = (who: string): { id: string; args: unknown }[] =>
    upTo(20).map((n) => ({
      id: `${who} ${n}`,
      args: {
        op: "log",
        file: stage.file("ran"),
        line: `${who} ${n}`,
        next: { op: "echo", value: [who, n, new Date(n)] },
      },
    }));
  const programs = RUNTIMES.map((on) =>
    stage.program("nats-submitter.ts", [JSON.stringify({ ...shared, jobs: jobsOf(on) })], on)
  );
  const here = upTo(17).map(async (n) => {
    const cc = stage.cluster(shared);
    const results = await Promise.all(
      jobsOf(`here${n}`).map(async ({ id, args }, i) => [id, await cc.enqueue(args, i % 2 ? { id } : {})]),
    );
    return results.map(([id, value]) => `ended ${id} ${JSON.stringify(value)}`);
  });
  const there = programs.map(async ({ ended }) => (await ended).stdout.trim().split("\n").slice(0, -1));
  const ended = (await Promise.all([...here, ...there])).flat();
  const expected = [...upTo(17).map((n) => `here${n}`), ...RUNTIMES].flatMap((who) =>
    upTo(20).map((n) => `ended ${who} ${n} ${JSON.stringify([who, n, new Date(n)])}`)
  );
  expect(ended.sort()).toEqual(expected.sort());
  // Delivery is at least once: a job that one host gives back just as it begins runs on another, too.
  const runs = new Map<string, number>();
  for (const line of stage.lines("ran")) runs.set(line, (runs.get(line) ?? 0) + 1);
  expect(runs.size).toBe(400);
  expect(Math.max(...runs.values()), "the most deliveries of a job").toBeLessThanOrEqual(3);
}, 60_000);

async function all<R>(results: AsyncIterable<R>): Promise<R[]> {
  const list: R[] = [];
  for await (const result of results) list.push(result);
  return list;
}

it("Whoever joins a job gives up its own wait alone, also once that runs", async () => {
  const [first, joiner] = [stage.cluster(shared), stage.cluster(shared)];
  const args = { op: "wait", file: stage.file("go"), value: "waited" };
  const own = first.enqueue(args, { id: "one" });
  await until(() => first.stats().jobs.accepted === 1);
  const controller = new AbortController();
  const joined = joiner.enqueue(args, { id: "one", signal: controller.signal });
  await until(() => joiner.stats().jobs.accepted === 1);
  const started = once(joiner, "job:started");
  await stage.hostProgram({ ...shared, maxWorkers: 1 });
  await Promise.race([started, until(() => joiner.stats().jobs.running === 1)]);
  controller.abort("enough");
  await expect(joined).rejects.toBe("enough");
  stage.write("go");
  expect(await own).toBe("waited");
});

it("ready() of a cluster that is closed meanwhile rejects with that", async () => {
  const cc = stage.cluster(shared);
  const ready = cc.ready();
  const rejected = expect(ready).rejects.toMatchObject({ code: "CC_ERR_CLOSED" });
  await cc.enqueue({}, { timeout: 1, signal: AbortSignal.timeout(200) }).catch(() => {});
  await cc.close();
  await rejected;
});
