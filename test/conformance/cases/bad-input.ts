/** What bad input gets: a clear error with a code, at the right moment, with nothing queued. */

import assert from "node:assert/strict";
import process from "node:process";
import { ComputeCluster } from "../../../mod.ts";
import type { Case } from "../case.ts";
import type { Kit } from "../kit.ts";

type Row = readonly [options: Record<string, unknown>, message: RegExp, type: "TypeError" | "RangeError"];

const numbers = (name: string, least: number): Row[] => [
  [{ [name]: least - 1 }, new RegExp(`^${name} must be .*, got ${least - 1} \\(number\\)$`), "RangeError"],
  [{ [name]: NaN }, new RegExp(`^${name} must be .*, got NaN \\(number\\)$`), "RangeError"],
  [{ [name]: 1.5 }, new RegExp(`^${name} must be .*, got 1\\.5 \\(number\\)$`), "RangeError"],
  [{ [name]: "2" }, new RegExp(`^${name} must be .*, got "2"$`), "TypeError"],
  [{ [name]: 2n }, new RegExp(`^${name} must be .*, got 2 \\(bigint\\)$`), "TypeError"],
  [{ [name]: null }, new RegExp(`^${name} must be .*, got null$`), "TypeError"],
  [{ [name]: {} }, new RegExp(`^${name} must be .*, got an object`), "TypeError"],
];

const durations = (name: string): Row[] => [
  [{ [name]: -1 }, new RegExp(`^${name} .*must be .*, got -1 \\(number\\)$`), "RangeError"],
  [{ [name]: NaN }, new RegExp(`^${name} .*must be .*, got NaN \\(number\\)$`), "RangeError"],
  [{ [name]: "2" }, new RegExp(`^${name} .*must be .*, got "2"$`), "TypeError"],
  [{ [name]: null }, new RegExp(`^${name} .*must be .*, got null$`), "TypeError"],
];

const ROWS: readonly Row[] = [
  [
    { module: undefined },
    /^module must be the path or URL of the worker module; it is required, got undefined$/,
    "TypeError",
  ],
  [{ module: "" }, /^module must be a string that is not empty/, "RangeError"],
  [{ module: 7 }, /^module must be a string, got 7 \(number\)$/, "TypeError"],
  [{ module: "./gone.mjs" }, /^module must be a file that exists, got ".*gone\.mjs"$/, "RangeError"],
  [{ module: "." }, /^module must be a file, not a folder, got "/, "RangeError"],
  [{ module: "file://host\\x" }, /^module must be /, "RangeError"],
  [{ module: "http://[" }, /^module must be a path or a file: URL.*got "http:/, "RangeError"],
  [{ isolation: null }, /^isolation must be "process" or "thread", got null$/, "TypeError"],
  [{ module: `./${"long".repeat(100)}.mjs` }, /^module must be a path that can be followed \(/, "RangeError"],
  [{ module: new URL("file:///no/such/worker.js") }, /^module must be a file that exists/, "RangeError"],
  [{ module: "data:text/javascript,1" }, /^module must be a path or a file: URL.*got "data:text/, "RangeError"],
  [{ module: "ftp://host/worker.js" }, /^module must be a path or a file: URL.*got "ftp:/, "RangeError"],
  [{ isolation: "fiber" }, /^isolation must be "process" or "thread", got "fiber"$/, "RangeError"],
  [{ isolation: 1 }, /^isolation must be "process" or "thread", got 1 \(number\)$/, "TypeError"],
  [{ maxWorker: 2 }, /^options must not have an option "maxWorker": did you mean maxWorkers\?$/, "TypeError"],
  [{ colour: "red" }, /^options must not have an option "colour"; it may have: module, /, "TypeError"],
  [{ maxWorkers: 2, max_processes: 2 }, /^max_processes must not be given beside maxWorkers/, "TypeError"],
  ...numbers("maxWorkers", 1),
  [{ max_processes: -1 }, /^max_processes must be an integer of at least 1, got -1/, "RangeError"],
  [{ max_processes: 1.5 }, /^max_processes must be an integer of at least 1, got 1\.5/, "RangeError"],
  ...numbers("minWorkers", 0),
  ...numbers("concurrency", 1),
  ...numbers("retries", 0),
  [{ maxBacklog: -2 }, /^maxBacklog must be .*, got -2/, "RangeError"],
  [{ maxBacklog: NaN }, /^maxBacklog must be .*, got NaN/, "RangeError"],
  [{ max_request_time: -1 }, /^max_request_time must be a number of seconds, more than 0/, "RangeError"],
  [{ max_backlog: "10" }, /^max_backlog must be .*, got "10"$/, "TypeError"],
  [{ minWorkers: 3, maxWorkers: 2 }, /^minWorkers must be no more than maxWorkers \(2\), got 3 /, "RangeError"],
  [{ maxWorkers: Infinity }, /^maxWorkers must be an integer of at least 1, got Infinity/, "RangeError"],
  ...durations("timeout"),
  ...durations("startTimeout"),
  ...durations("idleTimeout"),
  ...durations("killGrace"),
  ...durations("abortGrace"),
  ...durations("maxLatency"),
  ...durations("max_request_time"),
  [{ timeout: 0 }, /^timeout must be a number of milliseconds, more than 0, or Infinity, got 0/, "RangeError"],
  [{ stdio: "pipe" }, /^stdio must (be|not be given)/, "RangeError"],
  [{ niceness: -1 }, /^niceness must (be an integer from 0 to 19, got -1|not be given)/, "RangeError"],
  [{ niceness: 20 }, /^niceness must (be an integer from 0 to 19, got 20|not be given)/, "RangeError"],
  [{ niceness: 1.5 }, /^niceness must (be an integer from 0 to 19, got 1\.5|not be given)/, "RangeError"],
  [{ niceness: "5" }, /^niceness must (be an integer from 0 to 19, got "5"|not be given)/, "TypeError"],
  ...[0, 3, Infinity].map((mb): Row => [
    { isolation: "thread", resourceLimits: { maxOldGenerationSizeMb: mb } },
    /^resourceLimits(\.maxOldGenerationSizeMb must be a number of MB, at least 4, got| must not be given)/,
    "RangeError",
  ]),
  [
    { isolation: "thread", resourceLimits: { stackSizeMb: 0.2 } },
    /^resourceLimits(\.stackSizeMb must be a number of MB, at least 0\.5, got 0\.2| must not be given)/,
    "RangeError",
  ],
  [{ argv: "x" }, /^argv must be an array of strings, got "x"$/, "TypeError"],
  [{ argv: [1] }, /^argv\[0\] must be a string, got 1/, "TypeError"],
];

function construct(kit: Kit, options: Record<string, unknown>): ComputeCluster {
  const whole = { module: kit.worker("handler.mjs"), isolation: kit.isolation, ...options };
  return new ComputeCluster(whole as ConstructorParameters<typeof ComputeCluster>[0]);
}

export const badInput: Case[] = [
  {
    name: "The constructor names the option, the rule and the value",
    async run(kit) {
      for (const [options, message, type] of ROWS) {
        assert.throws(() => construct(kit, options), (error: Error & { code?: string }) => {
          const shown = `${JSON.stringify(Object.keys(options))}: ${error}`;
          assert.equal(error.code, "CC_ERR_OPTION", shown);
          assert.match(error.message, message, shown);
          const lacked = /must not be given for isolation/.test(error.message);
          assert.ok(error instanceof (lacked || type === "TypeError" ? TypeError : RangeError), shown);
          return true;
        });
      }
      for (const options of [undefined, null, "worker.js", 7, []]) {
        assert.throws(() => new ComputeCluster(options as never), {
          code: "CC_ERR_OPTION",
          message: /^options must be an object, got/,
        });
      }
    },
  },
  {
    name: "undefined keeps a default, and what has a meaning is taken",
    async run(kit) {
      const meant = [
        { maxWorkers: undefined, timeout: undefined },
        { maxBacklog: -1 },
        { maxBacklog: Infinity },
        { maxBacklog: 0 },
        { max_processes: 0 },
        { max_backlog: 0 },
        { max_request_time: 0 },
        { max_request_time: 0.5 },
        { timeout: Infinity },
        { idleTimeout: 0 },
        { killGrace: 0 },
        { abortGrace: 0 },
        { retries: Infinity },
      ];
      for (const options of meant) construct(kit, options);
    },
  },
  {
    name: "Only own properties are options",
    async run(kit) {
      const polluted = Object.prototype as unknown as Record<string, unknown>;
      Object.assign(polluted, {
        max_processes: 1e6,
        execArgv: ["--title=owned"],
        env: { PWNED: "1" },
        timeout: 1,
        task: "double",
        id: 7,
        type: "exit",
      });
      try {
        const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
        const seen = await kit.value(cc, { op: "look" }) as { execArgv: string[]; env: Record<string, string> };
        assert.equal(seen.env["PWNED"], undefined);
        assert.ok(!seen.execArgv.includes("--title=owned"));
        await cc.exit();
      } finally {
        for (const name of ["max_processes", "execArgv", "env", "timeout", "task", "id", "type"]) delete polluted[name];
      }
    },
  },
  {
    name: "enqueue never throws: what is wrong reaches the promise or the callback",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const rows: [options: unknown, message: RegExp][] = [
        [{ timeout: -1 }, /^timeout must be .*got -1/],
        [{ timeout: "1" }, /^timeout must be .*got "1"/],
        [{ signal: {} }, /^signal must be an AbortSignal, got an object/],
        [{ task: 7 }, /^task must be a string, got 7/],
        [{ task: "" }, /^task must be a string that is not empty/],
        [{ id: 7 }, /^id must be a string, got 7/],
        [{ deadline: 0 }, /^deadline must be a number of milliseconds, more than 0, or Infinity, got 0/],
        [{ deadline: "soon" }, /^deadline must be .*, got "soon"/],
        [{ priority: "high" }, /^priority must be an integer from -100 to 100, got "high"/],
        [{ priority: 0.5 }, /^priority must be an integer from -100 to 100, got 0.5/],
        [{ onProgress: {} }, /^onProgress must be a function, got an object/],
        [{ transfer: "x" }, /^transfer must be an array of objects, got "x"/],
        [{ transfer: [1] }, /^transfer\[0\] must be an object, got 1/],
        [{ tasks: "x" }, /^options must not have an option "tasks"/],
        ["double", /^options must be an object, got "double"/],
        [7, /^options must be an object, got 7/],
      ];
      for (const [options, message] of rows) {
        for (const style of ["promise", "callback"] as const) {
          const error = await kit.error(cc, 1, options as never, style);
          assert.equal(error["code"], "CC_ERR_OPTION");
          assert.match(error.message, message);
        }
      }
      const loose = cc.enqueue.bind(cc) as unknown as (...args: unknown[]) => Promise<unknown>;
      for (const callback of ["x", 7, {}]) {
        await assert.rejects(loose(1, {}, callback), {
          code: "CC_ERR_OPTION",
          message: /^callback must be a function, got/,
        });
      }
      assert.equal(await loose(2, { task: "double" }, undefined), 4);
      assert.equal(await loose(2, { task: "double" }, null), 4);
      assert.equal(cc.stats().jobs.accepted, 2, "nothing else was queued");
    },
  },
  {
    name: "enqueue after the end fails by promise and by callback, never at once",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      await cc.exit();
      for (const style of ["promise", "callback"] as const) {
        const error = await kit.error(cc, 1, undefined, style);
        assert.equal(error["code"], "CC_ERR_CLOSED");
      }
      assert.deepEqual(Object.values(cc.stats().workers), [0, 0, 0, 0, 0]);
      assert.equal(process.exitCode, undefined);
    },
  },
];
