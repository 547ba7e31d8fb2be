import { describe, expect, it } from "vitest";
import type { JobHandle, JobRequest, Outcome } from "../../src/core/engine.ts";
import { NamedJobs } from "../../src/named-jobs.ts";
import { aRequest } from "../core/request.ts";

const request = (id: string, task: string | null = null): JobRequest => aRequest({ id, task });

class Engine {
  readonly jobs: { request: JobRequest; done: (outcome: Outcome) => void; reason?: unknown }[] = [];
  readonly later: (() => void)[] = [];
  open = true;
  readonly isOpen = (): boolean => this.open;
  readonly named: NamedJobs = new NamedJobs(this, (run) => this.later.push(run));
  readonly told: unknown[] = [];

  submit(of: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    const job: Engine["jobs"][number] = { request: of, done };
    this.jobs.push(job);
    return { id: of.id as string, cancel: (reason) => job.reason = reason, takeBack() {}, more() {} };
  }

  enqueue(who: string, of: JobRequest): { cancel(reason: unknown): void } {
    return this.named.submit(of, (outcome) => this.told.push([who, outcome.ok ? outcome.value : outcome.error]));
  }

  end(at: number, value: unknown): void {
    this.jobs[at]?.done({ ok: true, value });
  }
}

describe("NamedJobs", () => {
  it("run a job once for all who enqueue it while it is under way, and anew afterwards", () => {
    const engine = new Engine();
    engine.enqueue("a", request("x"));
    engine.enqueue("b", request("x"));
    engine.enqueue("c", request("y"));
    engine.enqueue("d", request("x", "task"));
    expect([engine.jobs.length, engine.named.joined]).toEqual([3, 1]);
    engine.end(0, 1);
    expect(engine.told).toEqual([["a", 1], ["b", 1]]);
    engine.enqueue("e", request("x"));
    expect(engine.jobs.length).toBe(4);
    engine.end(3, 2);
    expect(engine.told.at(-1)).toEqual(["e", 2]);
  });

  it("run it anew for who enqueues it when told that it has ended", () => {
    const engine = new Engine();
    engine.named.submit(request("x"), () => engine.enqueue("again", request("x")));
    engine.end(0, 1);
    expect(engine.jobs.length).toBe(2);
    engine.end(1, 2);
    expect(engine.told).toEqual([["again", 2]]);
  });

  it("give it up for one who wants it no longer, and altogether when nobody does", () => {
    const engine = new Engine();
    const a = engine.enqueue("a", request("x"));
    const b = engine.enqueue("b", request("x"));
    a.cancel("enough");
    a.cancel("twice");
    expect([engine.told, engine.later.length, engine.jobs[0]?.reason]).toEqual([[], 1, undefined]);
    engine.later[0]?.();
    expect(engine.told).toEqual([["a", "enough"]]);
    b.cancel("too");
    expect(engine.jobs[0]?.reason).toBe("too");
    // It is not joined while it is being given up.
    engine.enqueue("c", request("x"));
    expect(engine.jobs.length).toBe(2);
    engine.jobs[0]?.done({ ok: false, error: "too" });
    expect(engine.told.at(-1)).toEqual(["b", "too"]);
    engine.end(1, 1);
    expect(engine.told.at(-1)).toEqual(["c", 1]);
  });

  it("tell all how far it is, if the first wanted to know, and none who joins meanwhile", () => {
    const engine = new Engine();
    const seen: unknown[] = [];
    const joins = (value: unknown): void => {
      seen.push(value);
      engine.enqueue("c", { ...request("x"), onProgress: joins });
    };
    engine.enqueue("a", { ...request("x"), onProgress: (value) => seen.push(value) });
    engine.enqueue("b", { ...request("x"), onProgress: joins });
    engine.jobs[0]?.request.onProgress?.(0.5);
    expect(seen).toEqual([0.5, 0.5]);
    engine.enqueue("quiet", request("y"));
    expect(engine.jobs[1]?.request.onProgress).toBeNull();
  });

  it("are not joined once the engine is closed", () => {
    const engine = new Engine();
    engine.enqueue("a", request("x"));
    engine.open = false;
    engine.enqueue("b", request("x"));
    expect([engine.jobs.length, engine.named.joined]).toEqual([2, 0]);
    engine.jobs[1]?.done({ ok: false, error: "closed" });
    engine.end(0, 1);
    expect(engine.told).toEqual([["b", "closed"], ["a", 1]]);
  });

  it("are joined by arguments that enqueue their own job as they are read, and given up if all leave meanwhile", () => {
    let submitted = 0;
    const cancelled: unknown[] = [];
    const callers: JobHandle[] = [];
    const engine = {
      isOpen: () => true,
      submit(of: JobRequest): JobHandle {
        if (submitted++ === 0) {
          callers.push(named.submit(of, () => {}));
          for (const caller of callers) caller.cancel("enough");
        }
        return { id: "x", cancel: (reason) => void cancelled.push(reason), takeBack() {}, more() {} };
      },
    };
    const named: NamedJobs = new NamedJobs(engine, () => {});
    callers.push(named.submit(request("x"), () => {}));
    expect([submitted, named.joined, cancelled]).toEqual([1, 1, []]);
    callers.at(-1)?.cancel("all of them");
    expect(cancelled).toEqual(["all of them"]);
  });

  it("tell each caller once, also one that another's answer gives up", () => {
    const told: [string, unknown][] = [];
    const dones: ((outcome: Outcome) => void)[] = [];
    const progress: ((value: unknown) => void)[] = [];
    const engine = {
      isOpen: () => true,
      submit(of: JobRequest, done: (outcome: Outcome) => void): JobHandle {
        dones.push(done);
        if (of.onProgress) progress.push(of.onProgress);
        return { id: "x", cancel() {}, takeBack() {}, more() {} };
      },
    };
    const later: (() => void)[] = [];
    const named = new NamedJobs(engine, (run) => void later.push(run));
    const of = (who: string, act: () => void): JobRequest => ({
      ...request("x"),
      onProgress: (value) => {
        told.push([`${who} progress`, value]);
        act();
      },
    });
    const say = (who: string) => (outcome: Outcome): void => void told.push([who, outcome]);
    named.submit(of("first", () => third.cancel("no more")), (outcome) => {
      say("first")(outcome);
      second.cancel("no more");
    });
    const second = named.submit(of("second", () => {}), say("second"));
    const third = named.submit(of("third", () => {}), say("third"));
    progress[0]?.(1);
    dones[0]?.({ ok: true, value: 2 });
    for (const run of later) run();
    expect(told).toEqual([
      ["first progress", 1],
      ["second progress", 1],
      ["first", { ok: true, value: 2 }],
      ["second", { ok: true, value: 2 }],
      ["third", { ok: false, error: "no more" }],
    ]);
  });
});
