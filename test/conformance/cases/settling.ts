/** Promises 1 to 3: every job settles once, nothing hangs, a death fails only what ran. */

import assert from "node:assert/strict";
import { type Case, everyWay } from "../case.ts";
import { until } from "../kit.ts";

export const settling: Case[] = [
  ...everyWay("A job is answered", async (kit, worker, style) => {
    const cc = kit.cluster(worker);
    assert.deepEqual(await kit.value(cc, { op: "echo", value: { n: 1 } }, undefined, style), { n: 1 });
  }),

  ...everyWay("A worker that exits during a job fails that job and the queue goes on", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const [died, second, third] = await Promise.all([
      kit.error(cc, { op: "exit", code: 3 }, undefined, style),
      kit.value(cc, { op: "echo", value: 2 }, undefined, style),
      kit.value(cc, { op: "echo", value: 3 }, undefined, style),
    ]);
    assert.equal(died["code"], "CC_ERR_WORKER_EXIT");
    assert.equal(died["exitCode"], 3);
    assert.equal(died["retryable"], false);
    assert.deepEqual([second, third], [2, 3]);
    assert.deepEqual(kit.faults.map((error) => (error as { exitCode?: unknown }).exitCode), [3]);
  }),

  {
    name: "Exit code 0 during a job is a failure, and capacity comes back",
    async run(kit) {
      const cc = kit.cluster("contract.mjs");
      for (let i = 0; i < 3; i++) {
        const error = await kit.error(cc, { op: "exit", code: 0 });
        assert.match(error.message, /^compute (process|thread) \(\d+\) dies with code: 0$/);
      }
      const answers = await Promise.all([1, 2, 3, 4].map((value) => kit.value(cc, { op: "echo", value })));
      assert.deepEqual(answers, [1, 2, 3, 4]);
    },
  },
  {
    name: "Every accepted job settles once, whatever happens to the others",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxBacklog: Infinity });
      const ops = (i: number): unknown => {
        if (i % 15 === 4) return { op: "exit", code: i };
        if (i % 7 === 1) return { op: "throw", what: "type" };
        return { op: "echo", value: i };
      };
      const ended = await Promise.all(
        Array.from({ length: 60 }, (_, i) => kit.job(cc, ops(i), undefined, i % 2 ? "promise" : "callback")),
      );
      ended.forEach((end, i) => {
        const { op, value } = ops(i) as { op: string; value?: number };
        if (op === "echo") assert.deepEqual(end, { ok: value });
        else {assert.equal(
            (end as { error: { code: string } }).error.code,
            op === "exit" ? "CC_ERR_WORKER_EXIT" : "E_BAD",
          );}
      });
      const { jobs } = cc.stats();
      assert.equal(jobs.succeeded + jobs.failed, 60);
      assert.deepEqual([jobs.waiting, jobs.running], [0, 0]);
    },
  },
  {
    name: "Never more workers than maxWorkers, and one for one job",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 3, maxBacklog: Infinity });
      await kit.value(cc, { op: "echo", value: 1 });
      const total = (): number => Object.values(cc.stats().workers).reduce((sum, n) => sum + n);
      assert.equal(total(), 1);
      let most = 0;
      cc.on("worker:starting", () => most = Math.max(most, total()));
      await Promise.all(
        Array.from({ length: 30 }, (_, i) => kit.job(cc, i % 10 === 7 ? { op: "exit", code: 1 } : { op: "echo" })),
      );
      assert.ok(most <= 3, `${most} workers`);
    },
  },
  {
    name: "A refused job settles once and never runs",
    async run(kit) {
      const file = kit.file("ran");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 2 });
      const ended = await Promise.all([0, 1, 2, 3, 4].map((line) => kit.job(cc, { op: "log", file, line })));
      assert.deepEqual(ended.slice(0, 3), [{ ok: 0 }, { ok: 1 }, { ok: 2 }]);
      for (const end of ended.slice(3)) {
        const { error } = end as { error: Record<string, unknown> };
        assert.equal(error["code"], "CC_ERR_BACKLOG_FULL");
        assert.equal(error["message"], "cannot enqueue work: maximum backlog exceeded (2)");
        assert.equal(error["limit"], 2);
        assert.equal(error["retryable"], true);
      }
      assert.deepEqual(kit.lines(file), ["0", "1", "2"]);
    },
  },
  {
    name: "A module that throws while it loads fails the waiting jobs soon, with its error as the cause",
    async run(kit) {
      const file = kit.file("loads");
      const env = kit.lacks("env") ? {} : { env: { ...process.env, LOAD_LOG: file } };
      const cc = kit.cluster("throws-at-load.mjs", { ...env, maxBacklog: Infinity });
      const errors = await Promise.all(Array.from({ length: 20 }, () => kit.error(cc, {})));
      for (const error of errors) {
        assert.equal(error["code"], "CC_ERR_WORKER_START");
        assert.equal(error["retryable"], true);
        assert.match(error.message, /missing driver xyz/);
        const cause = error.cause as Error & { code?: string };
        assert.ok(cause instanceof Error);
        assert.match(cause.message, /missing driver xyz/);
        assert.match(String(cause.stack), /throws-at-load\.mjs/);
      }
      assert.equal(new Set(errors).size, 20, "no two jobs share an error");
      if (!kit.lacks("env")) assert.ok((kit.lines(file)[0] ?? "").length <= 6, "few starts");
      assert.ok(cc.stats().lost.starts <= 6);
      assert.equal(kit.faults.length, 1);
    },
  },
  ...["syntax-error.mjs", "missing-import.mjs", "setup-fails.mjs"].map((worker): Case => ({
    name: `A module that can't start is reported with the reason (${worker})`,
    async run(kit) {
      const cc = kit.cluster(worker);
      const error = await kit.error(cc, {});
      assert.equal(error["code"], "CC_ERR_WORKER_START");
      assert.ok(error.cause instanceof Error, `no cause: ${String(error.cause)}`);
      if (worker === "missing-import.mjs") {
        assert.match(error.cause.message + String(error["stderr"]), /does-not-exist/);
      }
      if (worker === "setup-fails.mjs") assert.match(error.message, /no licence/);
      // The next job tries again.
      assert.equal((await kit.error(cc, {}))["code"], "CC_ERR_WORKER_START");
    },
  })),
  {
    name: "A module that offers nothing fails its jobs",
    needs: "leaves",
    async run(kit) {
      const error = await kit.error(kit.cluster("empty.mjs"), {});
      assert.equal(error["code"], "CC_ERR_WORKER_START");
      assert.match(error.message, /left before .* exports no function and has no process\.on\("message"\) listener/);
    },
    async otherwise(kit) {
      const error = await kit.error(kit.cluster("empty.mjs", { startTimeout: 500 }), {});
      assert.equal(error["code"], "CC_ERR_WORKER_START");
      assert.match(error.message, /not ready .* exports no function and has no process\.on\("message"\) listener/);
    },
  },
  ...["never-ready.mjs", "slow-load.mjs"].map((worker): Case => ({
    name: `A worker that never gets ready fails the waiting jobs after startTimeout (${worker})`,
    async run(kit) {
      const cc = kit.cluster(worker, { startTimeout: 400 });
      const error = await kit.error(cc, {});
      assert.equal(error["code"], "CC_ERR_WORKER_START");
      assert.match(error.message, /not ready within 400 ms \(startTimeout\)/);
    },
  })),
  {
    name: "A listener that comes late misses no job",
    async run(kit) {
      const early = kit.cluster("late-listener.mjs");
      const late = kit.cluster("later-listener.cjs");
      const answers = await Promise.all([..."abcd"].map((text) => kit.value(early, text)));
      assert.deepEqual(answers, [true, true, true, true]);
      assert.equal(await kit.value(late, "echo"), "echo");
    },
  },
  {
    name: "A worker that leaves by itself while idle is replaced, and is no error",
    async run(kit) {
      const cc = kit.cluster("short-lived.mjs", { maxBacklog: Infinity });
      for (const delay of [1, 5]) {
        for (let i = 0; i < 5; i++) {
          // A job may meet a worker that is about to leave: it then runs in the next.
          assert.equal(await kit.value(cc, { i, delay }), i);
        }
      }
      assert.deepEqual([cc.stats().lost.workers, kit.faults], [0, []]);
    },
  },
  {
    name: "A worker that cuts its channel is replaced",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1 });
      const pid = await kit.value(cc, { op: "pid" });
      const [cut, next] = await Promise.all([kit.error(cc, { op: "disconnect" }), kit.value(cc, { op: "pid" })]);
      assert.equal(cut["code"], "CC_ERR_WORKER_EXIT");
      if (kit.isolation === "process") assert.notEqual(next, pid);
    },
  },
  {
    name: "A job whose worker is lost runs again, in a program that listens for no errors",
    async run(kit) {
      const program = await kit.program("retries.ts", kit.file("ran")).ended;
      assert.deepEqual([program.stdout.trim(), program.code], ["the second run", 0], program.stderr);
      assert.match(program.stderr, /dies with code: 5/);
    },
  },
  {
    name: "A full pipe blocks nobody",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { stdio: kit.lacks("stdio") ? undefined : "ignore" });
      kit.needs("stdio");
      const text = "y".repeat(1 << 20);
      const error = await kit.error(cc, { op: "stderr", text, code: 4 });
      assert.equal(error["exitCode"], 4);
    },
  },
  {
    name: "Retried jobs run again at the front, and are set aside as poison when the retries are used up",
    async run(kit) {
      const file = kit.file("ran");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, retries: 1 });
      const poison = kit.error(cc, { op: "exit", code: 5 }, { id: "bad" });
      const after = kit.value(cc, { op: "log", file, line: "after" });
      const error = await poison;
      assert.equal(error["code"], "CC_ERR_POISON");
      assert.equal(error["job"], "bad");
      assert.equal((error.cause as { exitCode?: number }).exitCode, 5);
      await after;
      assert.equal(cc.stats().jobs.retried, 1);
      assert.equal(cc.stats().lost.workers, 2);
    },
  },
  {
    name: "concurrency runs that many jobs at once in one worker",
    async run(kit) {
      const cc = kit.cluster("async.mjs", { maxWorkers: 1, concurrency: 4 });
      const values = [0, 1, 2, 3, 4, 5, 6, 7];
      const jobs = await Promise.all(values.map((value) => kit.value(cc, { value, together: 4 })));
      assert.deepEqual((jobs as { value: number }[]).map(({ value }) => value), values);
      assert.equal(Math.max(...(jobs as { ran: number }[]).map(({ ran }) => ran)), 4);
    },
  },
  {
    name: "Jobs that ran beside one that ends its worker are not set aside with it",
    async run(kit) {
      const cc = kit.cluster("async.mjs", { maxWorkers: 1, concurrency: 4, retries: 1, maxBacklog: Infinity });
      const beside = [0, 1, 2].map((value) => kit.value(cc, { value, together: 4 }));
      const poison = kit.error(cc, { value: 3, together: 4, exit: 5 });
      const after = [4, 5, 6, 7].map((value) => kit.value(cc, { value, together: 1 }));
      const jobs = await Promise.all([...beside, ...after]) as { value: number }[];
      assert.deepEqual(jobs.map(({ value }) => value), [0, 1, 2, 4, 5, 6, 7]);
      assert.equal((await poison)["code"], "CC_ERR_POISON");
      assert.deepEqual([cc.stats().lost.workers, cc.stats().jobs.retried], [2, 4]);
    },
  },
  {
    name: "Answers of an unmodified worker that runs several jobs go to the right callers",
    async run(kit) {
      const cc = kit.cluster("interleaved.mjs", { maxWorkers: 1, concurrency: 4 });
      const jobs = [40, 5, 20, 1].map((ms) => kit.value(cc, { value: ms, ms }));
      assert.deepEqual(await Promise.all(jobs), [40, 5, 20, 1]);
    },
  },
  {
    name: "A second or late message of a worker answers no other job",
    async run(kit) {
      const cc = kit.cluster("chatty.mjs", { maxBacklog: Infinity });
      const ids = Array.from({ length: 30 }, (_, id) => id);
      const answers = await Promise.all(ids.map((id) => kit.value(cc, { id })));
      assert.deepEqual(answers, ids.map((id) => `first:${id}`));
      const one = kit.cluster("chatty.mjs", { maxWorkers: 1 });
      assert.equal(await kit.value(one, { id: "a" }), "first:a");
      await until(() => one.stats().lost.messages === 2);
      assert.equal(await kit.value(one, { id: "b" }), "first:b");
    },
  },
  {
    name: "Jobs start in the order they were enqueued, across a worker's death",
    async run(kit) {
      const file = kit.file("order");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      const jobs = Array.from(
        { length: 30 },
        (_, line) => kit.job(cc, line === 12 ? { op: "exit", code: 1 } : { op: "log", file, line }),
      );
      await Promise.all(jobs);
      assert.deepEqual(kit.lines(file), Array.from({ length: 30 }, (_, i) => String(i)).filter((i) => i !== "12"));
    },
  },
];
