/** Promise 7: errors arrive as thrown. */

import assert from "node:assert/strict";
import { type Case, everyWay } from "../case.ts";
import type { Failure, Kit } from "../kit.ts";

const thrown = (kit: Kit, what: string): Promise<Failure> =>
  kit.error(kit.cluster("handler.mjs", { maxWorkers: 1 }), { op: "throw", what });

export const errors: Case[] = [
  {
    name: "Class, message, stack, code and own properties arrive",
    async run(kit) {
      const error = await thrown(kit, "type");
      assert.ok(error instanceof TypeError);
      assert.equal(error.message, "bad input 42");
      assert.equal(error["code"], "E_BAD");
      assert.deepEqual(error["meta"], { row: 7, tags: ["a", "b"] });
      assert.match(String(error.stack), /perform\.mjs/);
      assert.doesNotMatch(String(error.stack), /compute-cluster-worker|data:text/);
      assert.deepEqual(Object.keys(error).sort(), ["code", "meta"]);
    },
  },
  {
    name: "An error of a cluster of the handler's own is its job's, which is run once, and others go on",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      const file = kit.file("ran");
      const codes = ["CC_ERR_CLOSED", "CC_ERR_BACKLOG_FULL", "CC_ERR_LATENCY", "CC_ERR_WORKER_START"];
      const jobs = codes.map((what) => ({ op: "log", file, line: what, next: { op: "throw", what } }));
      const told: unknown[] = [];
      for (const args of jobs) told.push((await kit.error(cc, args))["code"]);
      assert.deepEqual([told, kit.lines(file)], [codes, codes]);
      told.length = 0;
      for await (const end of cc.map(jobs, { onError: "yield", concurrency: 1 })) {
        if (end.status === "rejected") told.push((end.reason as Failure)["code"]);
      }
      assert.deepEqual([told, kit.lines(file)], [codes, [...codes, ...codes]]);
      assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
    },
  },
  ...everyWay("The stack shows where it was thrown and then where it was enqueued", async (kit, worker, style) => {
    // The contract for messages ends its worker when it throws.
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    async function business(): Promise<Failure> {
      return await kit.error(cc, { op: "throw", what: "type" }, { id: "mine" }, style);
    }
    const error = await business();
    const stack = String(error.stack);
    const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
    const enqueued = frames.findIndex((line) => line.includes("enqueue (job mine)"));
    assert.ok(enqueued >= 0, stack);
    assert.match(frames.slice(enqueued).join("\n"), /kit\.ts/);
    assert.doesNotMatch(frames.slice(enqueued + 1).join("\n"), /cluster\.ts|compute-cluster-worker/);
    if (worker === "handler.mjs") assert.match(frames.slice(0, enqueued).join("\n"), /perform\.mjs/);
    assert.doesNotMatch(stack, /compute-cluster-worker|data:text/);
  }),
  {
    name: "The stack shows where it was enqueued among very many jobs too, where the answer is awaited",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxBacklog: Infinity });
      const job = async (n: number): Promise<unknown> =>
        await cc.enqueue({ op: n < 500 ? "echo" : "throw", what: "type" });
      const all = Array.from({ length: 501 }, (_, n) => job(n));
      const error = await all[500]!.then(() => assert.fail("no error"), (thrown: Error) => thrown) as Error;
      const frames = error.stack!.split("\n");
      const enqueued = frames.findIndex((line) => line.includes("at enqueue (job 501)"));
      assert.ok(enqueued >= 0, error.stack);
      assert.match(frames[enqueued + 1]!, /errors\.ts/);
      assert.doesNotMatch(error.stack!, /enqueue-site|cluster\.ts/);
      await Promise.allSettled(all);
    },
  },
  {
    name: "A cluster's own error shows where its job was enqueued, and nothing of the cluster's inside",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 0 });
      await cc.ready();
      const running = kit.error(cc, { op: "sleep", ms: 20_000 }, { timeout: 50 });
      const refused = await kit.error(cc, {});
      const stacks = [await running, refused, await kit.error(cc, () => {})].map((error) => String(error.stack));
      for (const stack of stacks) {
        assert.match(stack, /enqueue \(job \d\)\n\s+at .*kit\.ts/s);
        assert.doesNotMatch(stack, /scheduler\.ts|loss\.ts|cluster\.ts/);
      }
    },
  },
  {
    name: "The reason of a signal is left as it is",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const controller = new AbortController();
      const reason = new Error("mine");
      const before = reason.stack;
      const job = kit.error(cc, { op: "sleep", ms: 20_000 }, { signal: controller.signal });
      controller.abort(reason);
      assert.equal(await job, reason);
      assert.equal(reason.stack, before);
    },
  },
  {
    name: "A subclass keeps its name, its nearest built-in class and its chain of causes",
    async run(kit) {
      const error = await thrown(kit, "subclass");
      assert.ok(error instanceof TypeError);
      assert.equal(error.name, "InputError");
      assert.equal(error["field"], "born");
      assert.ok(error.cause instanceof RangeError);
      assert.equal(error.cause.message, "month 13");
      assert.equal(error.cause.cause, "raw");
    },
  },
  {
    name: "AggregateError keeps its errors",
    async run(kit) {
      const error = await thrown(kit, "aggregate") as unknown as AggregateError;
      assert.ok(error instanceof AggregateError);
      assert.equal(error.message, "several");
      assert.ok(error.errors[0] instanceof SyntaxError);
      assert.equal(error.errors[1], "two");
      assert.ok(error.errors[2] instanceof URIError);
    },
  },
  {
    name: "DOMException keeps its name and code",
    async run(kit) {
      const error = await thrown(kit, "dom") as unknown as DOMException;
      assert.ok(error instanceof DOMException);
      assert.deepEqual([error.name, error.message, error.code], ["QuotaExceededError", "too much", 22]);
    },
  },
  {
    name: "Errors with cycles, throwing getters, functions, or frozen, arrive",
    async run(kit) {
      const cycle = await thrown(kit, "cycle");
      assert.equal(cycle["self"], cycle);
      assert.equal((cycle.cause as Error).cause, cycle);
      assert.equal((await thrown(kit, "getter")).message, "with a getter");
      const functions = await thrown(kit, "functions");
      assert.equal(functions.message, "with functions");
      assert.equal(typeof functions["retry"], "string");
      assert.equal((await thrown(kit, "frozen"))["code"], "E_ICE");
    },
  },
  {
    name: "What is no error arrives as it is",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      for (
        const [what, value] of [["string", "a string"], ["number", 0], ["null", null], ["undefined", undefined], [
          "object",
          { status: 503 },
        ]] as const
      ) {
        const ended = await kit.job(cc, { op: "throw", what });
        assert.ok("error" in ended, what);
        assert.deepEqual(ended.error, value);
      }
      assert.equal(await kit.value(cc, { op: "echo", value: "alive" }), "alive");
      assert.equal(cc.stats().lost.workers, 0);
    },
  },
  {
    name: "A callback never gets a falsy error",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      for (const [what, reason] of [["null", null], ["undefined", undefined], ["number", 0]] as const) {
        const error = await kit.error(cc, { op: "throw", what }, undefined, "callback");
        assert.equal(error["code"], "CC_ERR_FALSY_REJECTION");
        assert.equal(error["reason"], reason);
      }
    },
  },
  ...(["handler.mjs", "contract.mjs"] as const).flatMap((worker) =>
    (["throw later", "reject later"] as const).map((op): Case => ({
      name: `An error outside of the handler ends the worker and is the cause of the job's (${op}, ${worker})`,
      async run(kit) {
        const cc = kit.cluster(worker, { maxWorkers: 1 });
        const error = await kit.error(cc, { op, what: "type" });
        assert.equal(error["code"], "CC_ERR_WORKER_EXIT");
        assert.equal(error["exitCode"], 1);
        const cause = error.cause as Error & { code?: string };
        assert.ok(cause instanceof TypeError, String(cause));
        assert.deepEqual([cause.message, cause.code], ["bad input 42", "E_BAD"]);
        assert.equal(kit.faults.length, 1);
        assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
      },
    }))
  ),
  {
    name: "A throw of null outside of the handler ends the worker and nothing else",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      assert.equal((await kit.error(cc, { op: "throw later", what: "null" }))["code"], "CC_ERR_WORKER_EXIT");
      assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
    },
  },
  {
    name: "A throw in a message listener ends the worker, as in a bare process",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1 });
      const error = await kit.error(cc, { op: "throw", what: "type" });
      assert.equal(error["code"], "CC_ERR_WORKER_EXIT");
      assert.equal((error.cause as { code?: string }).code, "E_BAD");
    },
  },
  {
    name: "A lost worker's error tells its pid, exit code, signal, job and the end of its stderr",
    needs: "stderr",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, stdio: "ignore" });
      const pid = await kit.value(cc, { op: "pid" });
      const killed = await kit.error(cc, { op: "kill", signal: "SIGKILL" }, { id: "victim" });
      assert.equal(killed["code"], "CC_ERR_WORKER_EXIT");
      assert.deepEqual([killed["pid"], killed["exitCode"], killed["signal"], killed["job"]], [
        pid,
        null,
        "SIGKILL",
        "victim",
      ]);
      assert.equal(killed.message, `compute process (${pid}) dies with code: null, signal: SIGKILL`);
      const noisy = await kit.error(cc, { op: "stderr", text: "x".repeat(10_000) + "last words", code: 9 });
      assert.equal(noisy["exitCode"], 9);
      assert.equal(String(noisy["stderr"]).length, 4096);
      assert.match(String(noisy["stderr"]), /last words$/);
    },
    async otherwise(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const error = await kit.error(cc, { op: "exit", code: 9 }, { id: "victim" });
      assert.deepEqual([error["pid"], error["exitCode"], error["signal"], error["job"], error["stderr"]], [
        undefined,
        9,
        null,
        "victim",
        "",
      ]);
      assert.match(String(error["worker"]), /^\d+$/);
    },
  },
  {
    name: "A program is not brought down by what its workers throw",
    async run(kit) {
      const { code, stdout } = await kit.program("survives.ts").ended;
      assert.deepEqual([code, stdout.trim()], [0, "alive, 4 faults"]);
    },
  },
  {
    name: "An error event that nobody hears is thrown, after the job was answered",
    async run(kit) {
      const { code, stdout } = await kit.program("unheard.ts").ended;
      assert.deepEqual([code, stdout.trim().split("\n")], [0, [
        "answered CC_ERR_WORKER_EXIT",
        "uncaught CC_ERR_WORKER_EXIT",
        "second ok",
      ]]);
    },
  },
  {
    name: "What a callback or listener throws is the program's own uncaught error, and breaks nothing",
    async run(kit) {
      const { code, stdout } = await kit.program("user-errors.ts").ended;
      assert.equal(code, 0);
      assert.deepEqual(stdout.trim().split("\n").sort(), [
        "answered 2",
        "answered 3",
        "uncaught bug 1",
        "uncaught bug 2",
        "uncaught bug 3",
      ]);
    },
  },
];
