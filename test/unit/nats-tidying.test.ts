import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Broker } from "../../src/nats/link.ts";
import { Names } from "../../src/nats/names.ts";
import { Tidying } from "../../src/nats/tidying.ts";
import { FakeClock } from "../core/fakes.ts";

/** What a program and hosts do. */
type Step = { readonly do: "enqueue" } | { readonly do: "answer" | "withdraw"; readonly job: number } | {
  readonly do: "tidy" | "make anew";
};

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ do: "enqueue" } as const),
  fc.record({ do: fc.constantFrom("answer" as const, "withdraw" as const), job: fc.nat(20) }),
  fc.record({ do: fc.constantFrom("tidy" as const, "tidy" as const, "make anew" as const) }),
);

describe("Tidying", () => {
  it("forgets no answer that somebody waits for, nor that a job is withdrawn, and in the end all others", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      /** Jobs whose program has no answer yet, and the highest number that it knew when it enqueued them. */
      const waiting = new Map<number, number>();
      const kept = new Map<number, { job: number; withdrawn: boolean }>();
      let [jobs, number] = [0, 0];
      const purge = (_: string, { seq }: { seq: number }): Promise<void> => {
        for (const [at, { job, withdrawn }] of kept) {
          if (at >= seq) continue;
          expect([withdrawn, waiting.has(job)]).toEqual([false, false]);
          kept.delete(at);
        }
        return Promise.resolve();
      };
      let made = 0;
      const info = () => Promise.resolve({ created: String(made) });
      const broker = { jsm: { streams: { purge, info } }, purges: true, answersMade: "0" } as unknown as Broker;
      const clock = new FakeClock();
      const names = new Names("q");
      const tidying = new Tidying({ clock, names, prefix: "o.s", waiting: () => waiting.values() });
      const answered = new Set<number>();
      for (const next of steps) {
        if (next.do === "enqueue") waiting.set(++jobs, tidying.highest);
        if (next.do === "answer" && waiting.has(next.job) && !answered.has(next.job)) {
          answered.add(next.job);
          kept.set(++number, { job: next.job, withdrawn: false });
          // What is told of every third is lost: its program waits on.
          if (number % 3 > 0 && waiting.delete(next.job)) tidying.took(broker, number);
        }
        if (next.do === "withdraw" && !answered.has(next.job) && waiting.delete(next.job)) {
          kept.set(++number, { job: next.job, withdrawn: true });
          tidying.withdrew(number);
        }
        if (next.do === "tidy") await tidying.tidy(broker);
        if (next.do === "make anew") {
          // What is lost with the old one is sent again by who waits for it, and answered again.
          kept.clear();
          answered.clear();
          [made, number] = [made + 1, 0];
        }
      }
      waiting.clear();
      clock.advance(600_001);
      for (const one of kept.values()) one.withdrawn = false;
      await tidying.tidy(broker);
      // Of one that was made anew, what was taken before that was known stays.
      if (made === 0) expect([...kept.keys()].filter((at) => at <= tidying.highest)).toEqual([]);
    }));
  });

  it("takes nothing of a stream that was made anew for read by the numbers of the one before", async () => {
    const purged: number[] = [];
    let created = "first";
    const streams = {
      info: () => Promise.resolve({ created }),
      purge: (_: string, { seq }: { seq: number }) => Promise.resolve(void purged.push(seq)),
    };
    const broker = { jsm: { streams }, purges: true, answersMade: created } as unknown as Broker;
    const waiting = new Set<number>();
    const names = new Names("q");
    const tidying = new Tidying({ clock: new FakeClock(), names, prefix: "o.s", waiting: () => waiting });
    for (const number of [1, 2, 3, 4]) tidying.took(broker, number);
    // Another waits, whose answer is the first of the new stream, and has not been read.
    waiting.add(tidying.highest);
    created = "second";
    await tidying.tidy(broker);
    expect(purged).toEqual([]);
    tidying.took(broker, 1);
    waiting.clear();
    tidying.took(broker, 2);
    await tidying.tidy(broker);
    expect(purged).toEqual([3]);
  });
});
