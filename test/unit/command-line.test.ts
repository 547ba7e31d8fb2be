import { describe, expect, it } from "vitest";
import type { Figures } from "../../src/cli/bench-pool.ts";
import { best, sentence, table } from "../../src/cli/bench-report.ts";
import { answerJson, failureLine, failureSentence, successLine } from "../../src/cli/outcome-line.ts";
import type { Job } from "../../src/cli/read-jobs.ts";
import { reasonOf } from "../../src/cli/reason.ts";
import { count, duration, json, seconds } from "../../src/cli/values.ts";

describe("values of options", () => {
  it("duration takes milliseconds, with a unit or without", () => {
    expect(["500ms", "2s", "1.5m", "1h", "250"].map(duration)).toEqual([500, 2000, 90_000, 3_600_000, 250]);
    for (const text of ["", "0", "0s", "-1s", "2 s", "2d", "s", "1e3", "Infinity", "9".repeat(400)]) {
      expect(() => duration(text), text).toThrow("such as 500ms, 2s or 1m");
    }
  });

  it("count takes whole numbers from the least on", () => {
    expect(count(0)("0")).toBe(0);
    for (const text of ["0", "1.5", "-1", "x", "", "1e3", "99999999999999999999"]) {
      expect(() => count(1)(text), text).toThrow("a whole number of at least 1");
    }
  });

  it("seconds takes numbers of more than 0, and json what is JSON", () => {
    expect(seconds("0.5")).toBe(0.5);
    for (const text of ["0", "-1", "x", ""]) expect(() => seconds(text), text).toThrow("a number of seconds");
    expect(json('{"a":1}')).toBe('{"a":1}');
    expect(() => json("{")).toThrow("It must be JSON: ");
  });
});

const JOB: Job = { index: 4, place: "jobs:5", line: null, size: 1, ok: true, args: 1 };

describe("outcomes", () => {
  it("answers are JSON, and what JSON would lose is refused", () => {
    expect(successLine(JOB, answerJson({ a: [1, "ä", null, new Date(0)] }))).toBe(
      '{"index":4,"value":{"a":[1,"ä",null,"1970-01-01T00:00:00.000Z"]}}\n',
    );
    expect(successLine(JOB, answerJson(undefined))).toBe('{"index":4}\n');
    for (
      const [value, what] of [
        [1n, "it is a BigInt"],
        [{ a: { b: 1n } }, '"b" is a BigInt'],
        [new Map(), "it is a Map"],
        [[new Set()], '"0" is a Set'],
        [{ bytes: new Uint8Array(2) }, '"bytes" is binary (Uint8Array)'],
        [[Buffer.from("a")], '"0" is binary (Buffer)'],
        [{ at: new Date(NaN) }, '"at" is an invalid Date'],
      ] as const
    ) {
      expect(() => answerJson(value)).toThrow(`the answer can't be written as JSON: ${what}`);
    }
  });

  it("failures tell where the job stands and what was thrown", () => {
    const error = Object.assign(new TypeError("no"), { code: "X" });
    expect(JSON.parse(failureLine(JOB, error))).toEqual({
      index: 4,
      at: "jobs:5",
      error: { name: "TypeError", message: "no", code: "X" },
    });
    expect(JSON.parse(failureLine(JOB, null)).error.message).toBe("not an Error was thrown: null");
    expect(failureSentence(JOB, { ok: false, error })).toMatch(/^jobs:5: TypeError: no\n {2}at .*command-line/);
    const hostile = failureSentence(JOB, { ok: false, error: new Error("\u001b[2J\nmore\u0007") });
    expect(hostile).toMatch(/^jobs:5: Error: �\[2J\nmore�/);
  });

  it("reasons have the causes, and end where the user's code does", () => {
    const cause = new TypeError("inner");
    cause.stack = "TypeError: inner\n    at user (w.js:1:1)\n    at enqueue (job 3)\n    at measure (cli.js:1:1)";
    expect(reasonOf(new Error("outer", { cause }))).toBe("outer\n  TypeError: inner\n    at user (w.js:1:1)");
    expect(reasonOf(undefined)).toBe("undefined");
  });
});

describe("bench", () => {
  const pool = (isolation: "process" | "thread", workers: number, jobsPerSecond: number, p99 = 9): Figures => ({
    isolation,
    workers,
    jobs: 1000,
    failed: 0,
    jobsPerSecond,
    p50: 1,
    p99,
    memory: 50 * 1024 * 1024 * workers,
  });

  it("recommends the fewest workers that are nearly as fast as the fastest, and then the lower p99", () => {
    const pools = [
      pool("process", 1, 100),
      pool("process", 2, 196),
      pool("process", 4, 200),
      pool("thread", 2, 192, 5),
    ];
    expect(best(pools)).toBe(pools[3]);
    expect(sentence(pools)).toBe(
      'isolation: "thread" with maxWorkers: 2 serves it best: 192 jobs/s, half of them in 1.00 ms and 99 % in 5.00 ms, with 100 MB for the workers.',
    );
    expect(sentence(pools.slice(0, 3))).toContain(
      '"process" with maxWorkers: 2 serves it best: 196 jobs/s, 2 × one worker, ',
    );
  });

  it("has a line for each pool", () => {
    expect(table([pool("process", 1, 1234.5), { ...pool("thread", 16, 5), memory: null }])).toBe(
      [
        "isolation  workers  jobs/s  p50 ms  p99 ms  memory MB  failed",
        "process          1   1,235    1.00    9.00         50       0",
        "thread          16       5    1.00    9.00          ?       0",
      ].join("\n"),
    );
  });
});
