/** Spans and metrics by `compute-cluster/otel`, with OpenTelemetry's own SDK in the program and in workers. */

import assert from "node:assert/strict";
import { context, propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { AlwaysOffSampler, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { TraceContext } from "../../../mod.ts";
import { instrument } from "../../../otel.ts";
import type { Case } from "../case.ts";
import { type Kit, until } from "../kit.ts";
import { millis, Telemetry } from "../telemetry.ts";

/** What a job of `telemetry.mjs` has seen. */
interface Seen {
  readonly spans: { name: string; traceId: string; spanId: string; parent?: string; state?: string }[];
  readonly baggage: Record<string, string>;
}

/** A case with an SDK that ends with it. */
function withTelemetry(name: string, run: (kit: Kit, telemetry: Telemetry) => Promise<void>): Case {
  return {
    name,
    async run(kit) {
      const telemetry = new Telemetry();
      try {
        await run(kit, telemetry);
      } finally {
        await telemetry.end();
      }
    },
  };
}

function only(spans: readonly ReadableSpan[]): ReadableSpan {
  assert.equal(spans.length, 1, spans.map(({ name }) => name).join());
  return spans[0] as ReadableSpan;
}

function id(span: ReadableSpan): string {
  return span.spanContext().spanId;
}

const named = (name: string) => ({ attributes }: { attributes: Readonly<Record<string, unknown>> }): boolean =>
  attributes["compute_cluster.job.outcome"] === name;

export const telemetry: Case[] = [
  withTelemetry("A job's spans hang on the active one, and the worker's on that of the run", async (kit, sdk) => {
    const ways = [["telemetry.mjs", "default"], ["telemetry.mjs", "look"], [
      "telemetry-contract.mjs",
      "default",
    ]] as const;
    for (const [worker, task] of ways) {
      const cc = kit.cluster(worker, { maxWorkers: 1 });
      instrument(cc, { name: worker });
      const { seen, request } = await sdk.tracer.startActiveSpan("request", async (span) => {
        const seen = await kit.value(cc, 5, { task, id: "one" }) as Seen;
        span.end();
        return { seen, request: span.spanContext() };
      });
      await cc.close();
      const job = only(sdk.named(`job ${task}`).filter((span) => span.attributes["compute_cluster.name"] === worker));
      const [queued, run] = [only(sdk.childrenOf(job, "queued")), only(sdk.childrenOf(job, "run"))];
      assert.deepEqual([job.parentSpanContext?.spanId, job.spanContext().traceId], [request.spanId, request.traceId]);
      assert.deepEqual(seen.spans.map(({ name, traceId, parent }) => [name, traceId, parent]), [
        ["work", request.traceId, id(run)],
      ]);
      assert.ok(millis(job.startTime) <= millis(queued.startTime), "the job begins by waiting");
      assert.ok(millis(queued.endTime) <= millis(run.startTime) + 0.01, "it runs when it has waited");
      assert.ok(millis(run.endTime) <= millis(job.endTime) && millis(run.duration) >= 4, "it ends when it has run");
      const shared = {
        "compute_cluster.name": worker,
        "compute_cluster.isolation": kit.isolation,
        "compute_cluster.task": task,
      };
      const who = { "compute_cluster.worker.id": run.attributes["compute_cluster.worker.id"] };
      assert.ok(Number(who["compute_cluster.worker.id"]) > 0);
      assert.deepEqual(queued.attributes, shared);
      assert.deepEqual(run.attributes, { ...shared, ...who, "compute_cluster.job.attempt": 1 });
      const outcome = { "compute_cluster.job.id": "one", "compute_cluster.job.outcome": "succeeded" };
      assert.deepEqual(job.attributes, { ...shared, ...who, ...outcome, "compute_cluster.job.attempt": 1 });
      assert.equal(job.status.code, SpanStatusCode.UNSET);
    }
  }),

  withTelemetry("Jobs that run beside each other in one worker each have their own context", async (kit, sdk) => {
    const cc = kit.cluster("telemetry.mjs", { maxWorkers: 1, concurrency: 4 });
    instrument(cc);
    const seen = await Promise.all([20, 1, 15, 5].map((ms) => kit.value(cc, ms) as Promise<Seen>));
    for (const { spans } of seen) {
      const run = only(sdk.named("run").filter((span) => id(span) === spans[0]?.parent));
      assert.deepEqual([spans.length, run.spanContext().traceId], [1, spans[0]?.traceId]);
    }
    assert.equal(new Set(seen.map(({ spans }) => spans[0]?.traceId)).size, 4);
  }),

  withTelemetry(
    "Baggage and trace state cross, and a job's own trace takes the place of the active one",
    async (kit, sdk) => {
      const cc = kit.cluster("telemetry.mjs", { maxWorkers: 1 });
      instrument(cc);
      const baggage = propagation.createBaggage({ user: { value: "Zoë, 7;=%" }, tier: { value: "" } });
      const seen = await context.with(
        propagation.setBaggage(context.active(), baggage),
        () => kit.value(cc, 0),
      ) as Seen;
      assert.deepEqual(seen.baggage, { user: "Zoë, 7;=%", tier: "" });
      const given: TraceContext = {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        tracestate: "vendor=1,other=2",
        baggage: "a=1;private, b = x%20y,bad,%=%",
      };
      await sdk.tracer.startActiveSpan("active", async (span) => {
        const { spans, baggage } = await kit.value(cc, 0, { trace: given, task: "look" }) as Seen;
        span.end();
        assert.deepEqual(baggage, { a: "1", b: "x y", "%": "%" });
        assert.deepEqual([spans[0]?.traceId, spans[0]?.state], [
          "0af7651916cd43dd8448eb211c80319c",
          "vendor=1,other=2",
        ]);
      });
      assert.equal(only(sdk.named("job look")).parentSpanContext?.spanId, "b7ad6b7169203331");
    },
  ),

  withTelemetry("A worker without an SDK finds the run's span in its context", async (kit, sdk) => {
    const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
    instrument(cc);
    const { traceparent } = await kit.value(cc, 0, { task: "trace" }) as TraceContext;
    const run = only(sdk.named("run"));
    assert.equal(traceparent, `00-${run.spanContext().traceId}-${id(run)}-01`);
  }),

  {
    name: "What is not sampled leaves no span, and the worker knows",
    async run(kit) {
      const sdk = new Telemetry(new AlwaysOffSampler());
      try {
        const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
        instrument(cc);
        const { traceparent } = await kit.value(cc, 0, { task: "trace" }) as TraceContext;
        assert.match(traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
        assert.deepEqual(sdk.spans, []);
      } finally {
        await sdk.end();
      }
    },
  },

  {
    name: "Without an SDK nothing crosses but what the job is given",
    async run(kit) {
      const cc = kit.cluster("telemetry.mjs", { maxWorkers: 1 });
      const end = instrument(cc);
      const given = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
      const alone = await kit.value(cc, 0) as Seen;
      assert.equal(alone.spans[0]?.parent, undefined);
      const { spans } = await kit.value(cc, 0, { trace: given }) as Seen;
      assert.deepEqual([spans[0]?.traceId, spans[0]?.parent], [
        given.traceparent.slice(3, 35),
        given.traceparent.slice(36, 52),
      ]);
      end();
    },
  },

  withTelemetry("Failures have a status, their kind, and the exception once", async (kit, sdk) => {
    const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
    instrument(cc);
    const controller = new AbortController();
    const ways: [id: string, args: unknown, options: object, type: string, recordedBy: "run" | "job"][] = [
      ["thrown", { op: "throw", what: "type" }, {}, "E_BAD", "run"],
      ["value", { op: "throw", what: "object" }, {}, "_OTHER", "run"],
      ["lost", { op: "exit", code: 3 }, {}, "CC_ERR_WORKER_EXIT", "run"],
      ["late", { op: "sleep", ms: 20_000 }, { timeout: 50 }, "CC_ERR_TIMEOUT", "run"],
      ["aborted", { op: "sleep", ms: 20_000 }, { signal: controller.signal }, "AbortError", "run"],
      ["unsendable", () => {}, {}, "CC_ERR_NOT_CLONEABLE", "job"],
    ];
    const started = new Promise((resolve) => cc.on("job:started", ({ job }) => job === "aborted" && resolve(job)));
    void started.then(() => controller.abort());
    for (const [id, args, options] of ways) await kit.error(cc, args, { id, ...options }).catch(() => {});
    for (const [name, , , type, recordedBy] of ways) {
      const job = only(sdk.spans.filter((span) => span.attributes["compute_cluster.job.id"] === name));
      const run = sdk.childrenOf(job, "run");
      assert.equal(run.length, recordedBy === "run" ? 1 : 0, name);
      for (const span of [job, ...run]) {
        assert.equal(span.status.code, SpanStatusCode.ERROR, name);
        assert.equal(span.attributes["error.type"], type, name);
      }
      assert.equal(job.attributes["compute_cluster.job.outcome"], "failed");
      const [recording, other] = recordedBy === "run" ? [run[0], job] : [job, undefined];
      const exceptions = (span?: ReadableSpan): number =>
        span?.events.filter((event) => event.name === "exception").length ?? 0;
      assert.deepEqual([exceptions(recording), exceptions(other)], [1, 0], name);
    }
    const thrown = only(sdk.spans.filter((span) => span.attributes["compute_cluster.job.id"] === "thrown"));
    const { attributes } = only(sdk.childrenOf(thrown, "run")).events.find(({ name }) => name === "exception") ?? {};
    assert.equal(attributes?.["exception.type"], "TypeError");
    assert.equal(attributes?.["exception.message"], "bad input 42");
    assert.match(String(attributes?.["exception.stacktrace"]), /perform\.mjs/);
  }),

  withTelemetry("A job that is cancelled or refused before it runs has no run", async (kit, sdk) => {
    const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 1, prefetch: 0 });
    instrument(cc);
    const controller = new AbortController();
    const go = kit.file("go");
    const log = kit.file("log");
    const first = kit.value(cc, { op: "wait", file: go, log }, { id: "first" });
    await until(() => kit.lines(log).length > 0);
    const cancelled = kit.error(cc, 1, { id: "cancelled", signal: controller.signal });
    const refused = await kit.error(cc, 1, { id: "refused" });
    assert.equal(refused["code"], "CC_ERR_BACKLOG_FULL");
    controller.abort(new RangeError("not any more"));
    await cancelled;
    kit.write(go);
    await first;
    const of = (name: string): ReadableSpan =>
      only(sdk.spans.filter((span) => span.attributes["compute_cluster.job.id"] === name));
    assert.deepEqual(sdk.childrenOf(of("cancelled")).map(({ name }) => name), ["queued"]);
    assert.equal(of("cancelled").attributes["error.type"], "RangeError");
    assert.equal(of("cancelled").attributes["compute_cluster.job.attempt"], 0);
    assert.deepEqual(sdk.childrenOf(of("refused")), []);
    assert.equal(of("refused").attributes["compute_cluster.job.outcome"], "refused");
    assert.equal(of("refused").status.message, refused.message);
    assert.deepEqual(of("refused").events.map(({ name }) => name), ["exception"]);
  }),

  withTelemetry("A job that is run again has two runs, each with its own span in the worker", async (kit, sdk) => {
    const cc = kit.cluster("handler.mjs", { maxWorkers: 1, retries: 1 });
    instrument(cc);
    const { traceparent } = await kit.value(cc, 0, { task: "traceOfRetry" }) as TraceContext;
    const job = only(sdk.named("job traceOfRetry"));
    const runs = sdk.childrenOf(job, "run");
    assert.equal(sdk.childrenOf(job, "queued").length, 2);
    assert.deepEqual(runs.map(({ attributes }) => attributes["compute_cluster.job.attempt"]), [1, 2]);
    assert.deepEqual(runs.map(({ status }) => status.code), [SpanStatusCode.ERROR, SpanStatusCode.UNSET]);
    assert.equal(runs[0]?.attributes["error.type"], "CC_ERR_WORKER_EXIT");
    assert.equal(traceparent.slice(36, 52), id(runs[1] as ReadableSpan));
    assert.equal(job.status.code, SpanStatusCode.UNSET);
    const { "compute_cluster.job.retries": retries, "compute_cluster.worker.exits": exits } = await sdk.metrics();
    assert.equal(retries?.[0]?.value, 1);
    assert.equal(exits?.[0]?.attributes["compute_cluster.worker.exit"], "lost");
  }),

  withTelemetry("Each of many short jobs has one span of each kind, though they are sent ahead", async (kit, sdk) => {
    const cc = kit.cluster("handler.mjs", { maxBacklog: Infinity });
    instrument(cc);
    await Promise.all(Array.from({ length: 300 }, (_, n) => kit.value(cc, n, { task: "double" })));
    const jobs = sdk.named("job double");
    assert.equal(jobs.length, 300);
    const kinds = new Map<string, string[]>();
    for (const { name, parentSpanContext } of sdk.spans) {
      const parent = parentSpanContext?.spanId ?? "";
      kinds.set(parent, [...kinds.get(parent) ?? [], name]);
    }
    for (const job of jobs) assert.deepEqual(kinds.get(id(job))?.toSorted(), ["queued", "run"]);
  }),

  withTelemetry("Metrics count jobs, tell how long they took, and read what is going on", async (kit, sdk) => {
    const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 1, prefetch: 0 });
    instrument(cc, { name: "numbers", meterProvider: sdk.meterProvider });
    const [go, log] = [kit.file("go"), kit.file("log")];
    await kit.value(cc, 1, { task: "double" });
    await kit.error(cc, { op: "throw", what: "type" });
    const running = kit.value(cc, { op: "wait", file: go, log });
    await until(() => kit.lines(log).length > 0);
    const waiting = kit.value(cc, 1, { task: "double" });
    await kit.error(cc, 1);
    const shared = { "compute_cluster.name": "numbers", "compute_cluster.isolation": kit.isolation };
    const busy = await sdk.metrics();
    assert.deepEqual(busy["compute_cluster.backlog"], [{ value: 1, attributes: shared }]);
    assert.deepEqual(busy["compute_cluster.job.running"], [{ value: 1, attributes: shared }]);
    const workers = busy["compute_cluster.worker.count"]?.map((
      { value, attributes },
    ) => [attributes["compute_cluster.worker.state"], value]);
    assert.deepEqual(workers, [["starting", 0], ["idle", 0], ["busy", 1], ["retiring", 0], ["stopping", 0]]);
    const [utilization] = busy["compute_cluster.worker.utilization"] ?? [];
    assert.ok(Number(utilization?.value) > 0 && Number(utilization?.value) <= 1);
    kit.write(go);
    await Promise.all([running, waiting]);
    const done = await sdk.metrics();
    const jobs = done["compute_cluster.jobs"]?.map(({ value, attributes }) => [
      value,
      attributes["compute_cluster.task"],
      attributes["compute_cluster.job.outcome"],
      attributes["error.type"],
    ]);
    assert.deepEqual(jobs?.toSorted(), [
      [1, "default", "failed", "E_BAD"],
      [1, "default", "refused", "CC_ERR_BACKLOG_FULL"],
      [1, "default", "succeeded", undefined],
      [2, "double", "succeeded", undefined],
    ]);
    const runs = done["compute_cluster.job.run_time"] ?? [];
    const sum = (points: typeof runs): number =>
      points.reduce((total, { value }) => total + (value as { sum: number }).sum, 0);
    const { run, wait } = cc.stats();
    assert.equal(runs.filter(named("succeeded")).length, 2);
    assert.ok(Math.abs(sum(runs) - (run.mean * run.count) / 1000) < 0.001, `${sum(runs)} s`);
    const waits = done["compute_cluster.job.wait_time"] ?? [];
    assert.ok(Math.abs(sum(waits) - (wait.mean * wait.count) / 1000) < 0.001, `${sum(waits)} s`);
    await cc.close();
    const closed = await sdk.metrics();
    assert.equal(closed["compute_cluster.worker.exits"]?.[0]?.attributes["compute_cluster.worker.exit"], "stopped");
  }),

  withTelemetry(
    "What instrument returns leaves nothing behind, and jobs under way are followed to their end",
    async (kit, sdk) => {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const events = cc.eventNames();
      const end = instrument(cc, { meterProvider: sdk.meterProvider });
      assert.throws(() => instrument(cc), { code: "CC_ERR_OPTION", message: /^cluster must be one without a tracer/ });
      const under = kit.value(cc, { op: "echo" });
      end();
      await under;
      await kit.value(cc, 1, { task: "double" });
      assert.deepEqual([cc.tracer, cc.eventNames()], [null, events]);
      assert.equal(sdk.named("job default").length, 1);
      assert.equal(sdk.named("job double").length, 0);
      assert.deepEqual(Object.keys(await sdk.metrics()).filter((name) => name.includes("worker")), []);
      instrument(cc);
      end();
      assert.notEqual(cc.tracer, null, "it ends its own only");
    },
  ),

  withTelemetry("instrument refuses what makes no sense", async (kit) => {
    const cc = kit.cluster("handler.mjs");
    const wrong: [unknown, RegExp][] = [
      [{ name: 1 }, /^name must be a string, got 1/],
      [{ tracerProvider: {} }, /^tracerProvider must be an object with the method getTracer/],
      [{ meterProvider: null }, /^meterProvider must be an object with the method getMeter/],
      [{ tracer: trace }, /must not have an option "tracer"/],
    ];
    for (const [options, message] of wrong) {
      assert.throws(() => instrument(cc, options as never), { code: "CC_ERR_OPTION", message });
    }
    assert.equal(cc.tracer, null);
    await cc.close();
  }),
];
