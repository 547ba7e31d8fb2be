/** What of its caller goes with a job: the asynchronous context to whoever is told of it, the trace to its worker. */

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ComputeCluster, Fact, JobTrace, TraceContext } from "../../../mod.ts";
import type { Case } from "../case.ts";
import { until } from "../kit.ts";

const EVENTS = ["job:queued", "job:refused", "job:started", "job:retried", "job:settled"] as const;

const traceNumber = (n: number): TraceContext => ({
  traceparent: `00-${String(n).padStart(32, "0")}-00f067aa0ba902b7-01`,
  tracestate: `vendor=${n}`,
  baggage: `user=${n},tier=a%20b;private`,
});

const byBaggage = (one: unknown, other: unknown): number =>
  String((one as TraceContext).baggage).localeCompare(String((other as TraceContext).baggage));

/** What every event told, as `type caller`, and in whose context. */
function heard(cc: ComputeCluster, storage: AsyncLocalStorage<string>): Map<string, Set<string | undefined>> {
  const told = new Map<string, Set<string | undefined>>();
  for (const type of EVENTS) {
    cc.on(type, ({ job }: Extract<Fact, { type: typeof type }>) => {
      const key = `${type} ${job}`;
      told.set(key, (told.get(key) ?? new Set()).add(storage.getStore()));
    });
  }
  return told;
}

async function all(results: AsyncIterable<unknown>): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const result of results) taken.push(result);
  return taken;
}

export const context: Case[] = [
  {
    name: "Events of a job are told in its caller's context: queued, started, retried, settled, refused",
    async run(kit) {
      const storage = new AsyncLocalStorage<string>();
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 3, retries: 1 });
      const told = heard(cc, storage);
      const run = (id: string, args: unknown): Promise<unknown> =>
        storage.run(`caller of ${id}`, () => kit.job(cc, args, { id }));
      await storage.run("closer", async () => {
        await Promise.all([
          run("ok", { op: "echo", value: 1 }),
          run("throws", { op: "throw", what: "type" }),
          run("exits", { op: "exit", code: 1 }),
          run("late", { op: "echo" }),
          run("too many", { op: "echo" }),
        ]);
        await cc.close();
      });
      for (const [key, contexts] of told) {
        assert.deepEqual([...contexts], [`caller of ${key.slice(key.indexOf(" ") + 1)}`], key);
      }
      const each = ["ok", "throws", "exits", "late"];
      const expected = [
        ...each.flatMap((id) => [`job:queued ${id}`, `job:started ${id}`, `job:settled ${id}`]),
        "job:retried exits",
        "job:refused too many",
      ];
      assert.deepEqual([...told.keys()].toSorted(), expected.toSorted());
    },
  },
  {
    name: "Events of the jobs of a map are told in the context of who called it, on channels too",
    async run(kit) {
      const storage = new AsyncLocalStorage<string>();
      const cc = kit.cluster("handler.mjs");
      const seen = new Set<unknown>();
      const look = (): void => void seen.add(storage.getStore());
      subscribe("compute-cluster:job:settled", look);
      try {
        const results = storage.run("caller", () => cc.map([1, 2, 3], { task: "double" }));
        const doubled = await storage.run("elsewhere", () => all(results));
        assert.deepEqual(doubled, [2, 4, 6]);
      } finally {
        unsubscribe("compute-cluster:job:settled", look);
      }
      assert.deepEqual([...seen], ["caller"]);
    },
  },
  {
    name: "The source of a map is closed in the context in which it was called, however it ends",
    async run(kit) {
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      function* numbers(): Generator<number> {
        try {
          for (let n = 0;; n++) yield n;
        } finally {
          seen.push(storage.getStore());
        }
      }
      async function* numbersLater(): AsyncGenerator<number> {
        try {
          for (let n = 0;; n++) yield await n;
        } finally {
          seen.push(storage.getStore());
        }
      }
      const stream = (): ReadableStream<number> =>
        new ReadableStream({ pull: (to) => to.enqueue(1), cancel: () => void seen.push(storage.getStore()) });
      const cc = kit.cluster("handler.mjs");
      for (const source of [numbers, numbersLater, stream]) {
        const left = storage.run("caller", () => cc.map(source(), { task: "double" }));
        await storage.run("elsewhere", async () => {
          for await (const _ of left) break;
        });
        const failed = storage.run("caller", () => cc.map(source(), { task: "no such task" }));
        await storage.run("elsewhere", () => assert.rejects(failed.next(), { code: "CC_ERR_OPTION" }));
        await failed.return();
      }
      const expected = Array(6).fill("caller");
      if (kit.lacks("closesInContext")) expected[2] = undefined;
      assert.deepEqual(seen, expected);
    },
  },
  {
    name: "The callbacks of close and exit are called in their caller's context",
    async run(kit) {
      const storage = new AsyncLocalStorage<string>();
      for (const end of ["close", "exit"] as const) {
        const cc = kit.cluster("handler.mjs");
        await kit.value(cc, { op: "echo" });
        const store = await new Promise((resolve) =>
          storage.run(end, () => cc[end](() => resolve(storage.getStore())))
        );
        assert.equal(store, end);
      }
    },
  },
  {
    name: "A job's trace reaches its handler, that of no other does, and without one there is none",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxBacklog: Infinity });
      const traces = Array.from({ length: 60 }, (_, at) => at % 3 === 0 ? undefined : traceNumber(at + 1));
      const got = await Promise.all(traces.map((trace) => kit.value(cc, 0, { task: "trace", trace })));
      assert.deepEqual(got, traces.map((trace) => trace ?? null));
      const { traceparent } = traceNumber(1);
      assert.deepEqual(await kit.value(cc, 0, { task: "trace", id: "named", trace: { traceparent } }), { traceparent });
      // What is no JSON travels in another kind of frame.
      assert.deepEqual(await kit.value(cc, new Map(), { task: "trace", trace: traceNumber(2) }), traceNumber(2));
      assert.deepEqual(await kit.value(cc, undefined, { task: "trace", trace: traceNumber(3) }), traceNumber(3));
      const mapped = await all(cc.map([0, 0], { task: "trace", trace: traceNumber(4) }));
      assert.deepEqual(mapped, [traceNumber(4), traceNumber(4)]);
    },
  },
  {
    name: "A job's trace crosses as JSON, and once more when the job is run again",
    async run(kit) {
      if (!kit.lacks("serialization")) {
        const cc = kit.cluster("handler.mjs", { serialization: "json" });
        assert.deepEqual(await kit.value(cc, 0, { task: "trace", trace: traceNumber(5) }), traceNumber(5));
      }
      const cc = kit.cluster("handler.mjs", { retries: 1, maxWorkers: 1 });
      assert.deepEqual(await kit.value(cc, 0, { task: "traceOfRetry", trace: traceNumber(6) }), traceNumber(6));
    },
  },
  {
    name: "A trace that is none is refused, and what is wrong with it named",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const { traceparent } = traceNumber(1);
      const wrong: [unknown, RegExp][] = [
        ["00-x", /^trace must be an object, got "00-x"/],
        [{}, /^trace\.traceparent must be as W3C says, .* got undefined/],
        [{ traceparent: traceparent.toUpperCase() }, /^trace\.traceparent must be as W3C says/],
        [{ traceparent: `${traceparent}-00` }, /^trace\.traceparent/],
        [{ traceparent: traceparent.replace(/^00/, "ff") }, /^trace\.traceparent/],
        [{ traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }, /^trace\.traceparent/],
        [{ traceparent: `00-${"1".repeat(32)}-${"0".repeat(16)}-01` }, /^trace\.traceparent/],
        [{ traceparent, tracestate: 1 }, /^trace\.tracestate must be a string, got 1/],
        [{ traceparent, baggage: "a=é" }, /^trace\.baggage must be the text of a header/],
        [{ traceparent, baggage: "a=\n" }, /^trace\.baggage/],
        [{ traceparent, baggage: "a".repeat(8_193) }, /^trace\.baggage/],
        [{ traceparent, traceState: "" }, /did you mean tracestate\?/],
      ];
      for (const [trace, message] of wrong) {
        const error = await kit.error(cc, 0, { task: "trace", trace: trace as never });
        assert.equal(error["code"], "CC_ERR_OPTION");
        assert.match(error.message, message);
      }
      const later = { traceparent: `01-${"1".repeat(32)}-00f067aa0ba902b7-01-what` };
      assert.deepEqual(await kit.value(cc, 0, { task: "trace", trace: later }), later);
    },
  },
  {
    name: "A cluster inside of a worker passes on the trace of the job that uses it",
    async run(kit) {
      for (const worker of ["passes-on.mjs", "passes-on-contract.mjs"]) {
        const { isolation } = kit;
        const cc = kit.cluster(worker, { setupData: isolation, argv: [isolation], concurrency: 3, maxWorkers: 1 });
        const traces = [traceNumber(1), undefined, traceNumber(2)];
        const got = await Promise.all(traces.map((trace) => kit.value(cc, null, { trace })));
        assert.deepEqual(got, [traceNumber(1), null, traceNumber(2)], worker);
        // What the handler names itself, holds.
        const own = await kit.value(cc, { trace: traceNumber(4) }, { trace: traceNumber(3) });
        assert.deepEqual(own, traceNumber(4));
        if (worker === "passes-on-contract.mjs") continue;
        assert.deepEqual(
          await kit.value(cc, 2, { task: "each", trace: traceNumber(5) }),
          Array(2).fill(traceNumber(5)),
        );
        const yielded = await all(cc.stream(9, { task: "yields", trace: traceNumber(6), highWaterMark: 2 }));
        assert.deepEqual(yielded, Array(9).fill(traceNumber(6)));
      }
    },
  },
  {
    name: "A broadcast carries its trace to each worker, and is followed in each",
    async run(kit) {
      const storage = new AsyncLocalStorage<string>();
      const cc = kit.cluster("handler.mjs", { minWorkers: 2, maxWorkers: 2 });
      await cc.ready();
      await until(() => cc.stats().workers.idle === 2);
      const settled = new Set<unknown>();
      cc.on("job:settled", ({ job }) => settled.add(`${job} ${storage.getStore()}`));
      let runs = 10;
      cc.tracer = { follow: () => ({ carrier: () => traceNumber(++runs), tell: () => {} }) };
      const each = await storage.run("caller", () => cc.broadcast(0, { task: "trace" }));
      assert.deepEqual(each.toSorted(byBaggage), [traceNumber(11), traceNumber(12)]);
      cc.tracer = null;
      const given = await cc.broadcast(0, { task: "trace", trace: traceNumber(1) });
      assert.deepEqual(given, [traceNumber(1), traceNumber(1)]);
      assert.deepEqual([...settled].filter((one) => String(one).endsWith(" caller")).length, 2);
    },
  },
  {
    name: "A tracer follows every job in its caller's context, and says what each run carries",
    async run(kit) {
      const storage = new AsyncLocalStorage<string>();
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, retries: 1 });
      const told: unknown[] = [];
      let runs = 0;
      const followed: JobTrace = {
        carrier: () => traceNumber(++runs),
        tell: ({ type }) => void told.push(type, storage.getStore()),
      };
      cc.tracer = {
        follow(job) {
          told.push(job, storage.getStore());
          return job.task === "trace" || job.task === "traceOfRetry" ? followed : null;
        },
      };
      const trace = traceNumber(7);
      const got = await storage.run("a", () => kit.value(cc, 0, { task: "trace", id: "one", trace }));
      assert.deepEqual(got, traceNumber(1));
      const follows = [{ id: "one", task: "trace", trace }, "a"];
      assert.deepEqual(told, [...follows, "job:queued", "a", "job:started", "a", "job:settled", "a"]);
      const again = await kit.value(cc, 0, { task: "traceOfRetry" });
      assert.deepEqual(again, traceNumber(3));
      assert.equal(await kit.value(cc, 4, { task: "double" }), 8);
      cc.tracer = null;
      assert.equal(await kit.value(cc, 0, { task: "trace" }), null);
      assert.equal(runs, 3);
      assert.throws(() => cc.tracer = {} as never, {
        code: "CC_ERR_OPTION",
        message: /^tracer must be a tracer or null/,
      });
    },
  },
  {
    name: "A job that joins another under its id is not followed a second time",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      let follows = 0;
      cc.tracer = { follow: () => (follows++, null) };
      const jobs = [1, 2].map((n) => kit.value(cc, 0, { task: "trace", id: "one", trace: traceNumber(n) }));
      assert.deepEqual(await Promise.all(jobs), [traceNumber(1), traceNumber(1)]);
      assert.equal(follows, 1);
    },
  },
];
