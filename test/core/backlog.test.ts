import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Backlog } from "../../src/core/backlog.ts";
import { Job } from "../../src/core/job.ts";
import { LEVEL } from "../../src/core/lanes.ts";
import { aRequest, uncontrolled } from "./request.ts";

let numbers = 0;

function job(submittedAt: number, priority = 0, bounded = false): Job {
  const request = aRequest({ priority, bounded });
  return new Job(++numbers, request, submittedAt, () => {}, uncontrolled);
}

function drain(backlog: Backlog): Job[] {
  const jobs: Job[] = [];
  for (let next = backlog.first; next; next = backlog.first) {
    backlog.remove(next);
    jobs.push(next);
  }
  return jobs;
}

describe("Backlog", () => {
  it("gives jobs of one priority in the order of their coming", () => {
    const backlog = new Backlog();
    const jobs = [job(0), job(0), job(5)];
    for (const each of jobs) backlog.push(each);
    expect([backlog.size, drain(backlog), backlog.size]).toEqual([3, jobs, 0]);
  });

  it("lets a job of a higher priority overtake those of the last second for each level, and no others", () => {
    const backlog = new Backlog();
    const [old, recent, urgent] = [job(0), job(1), job(LEVEL, 1)];
    for (const each of [old, recent, urgent]) backlog.push(each);
    expect(drain(backlog)).toEqual([old, urgent, recent]);
  });

  it("puts a job back where it had been, whatever has come meanwhile", () => {
    const backlog = new Backlog();
    const [a, b, c] = [job(0), job(0), job(0, 3)];
    for (const each of [a, b, c]) backlog.push(each);
    backlog.remove(c);
    backlog.remove(a);
    const late = job(1, 3);
    backlog.push(late);
    backlog.putBack(a);
    backlog.putBack(c);
    expect(drain(backlog)).toEqual([c, late, a, b]);
  });

  it("counts the jobs that are bounded", () => {
    const backlog = new Backlog();
    const [a, b] = [job(0, 0, true), job(0)];
    backlog.push(a);
    backlog.push(b);
    expect(backlog.bounded).toBe(1);
    backlog.remove(a);
    expect([backlog.bounded, backlog.size]).toEqual([0, 1]);
    backlog.putBack(a);
    expect(backlog.bounded).toBe(1);
  });

  it("is in order whatever comes, goes, and comes back (property)", () => {
    const step = fc.record({
      wait: fc.nat(2_000),
      priority: fc.constantFrom(0, 0, 0, 1, 2, -1, 5),
      back: fc.boolean(),
    });
    fc.assert(fc.property(fc.array(step), (steps) => {
      const backlog = new Backlog();
      let now = 0;
      const all: Job[] = [];
      for (const { wait, priority, back } of steps) {
        now += wait;
        const next = job(now, priority);
        all.push(next);
        backlog.push(next);
        const { first } = backlog;
        if (!back || !first) continue;
        backlog.remove(first);
        backlog.putBack(first);
      }
      const since = ({ submittedAt, request }: Job): number => submittedAt - request.priority * LEVEL;
      expect(drain(backlog)).toEqual(all.toSorted((a, b) => since(a) - since(b) || a.number - b.number));
    }));
  });
});
