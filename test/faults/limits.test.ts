/** Numbers at the edge of what an option can mean. */

import assert from "node:assert/strict";
import { type Case, everyWay } from "../conformance/case.ts";
import type { Ended, Kit } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { quietly } from "./quiet.ts";

const VALUES: readonly unknown[] = [
  0,
  -1,
  NaN,
  1.5,
  -Infinity,
  Infinity,
  2 ** 31,
  1e12,
  "2",
  null,
  true,
  2n,
  {},
  undefined,
];

/** The values that have a meaning, by option; all others are refused. */
const MEANT: Readonly<Record<string, readonly unknown[]>> = {
  max_processes: [0, 2 ** 31, 1e12, undefined],
  maxWorkers: [2 ** 31, 1e12, undefined],
  max_backlog: [0, -1, Infinity, 2 ** 31, 1e12, undefined],
  maxBacklog: [0, -1, Infinity, 2 ** 31, 1e12, undefined],
  max_request_time: [0, 1.5, Infinity, 2 ** 31, 1e12, undefined],
  maxLatency: [1.5, Infinity, 2 ** 31, 1e12, undefined],
  timeout: [Infinity, 2 ** 31, 1e12, undefined],
  startTimeout: [Infinity, 2 ** 31, 1e12, undefined],
  idleTimeout: [0, 1.5, Infinity, 2 ** 31, 1e12, undefined],
  killGrace: [0, 1.5, Infinity, 2 ** 31, 1e12, undefined],
  abortGrace: [0, 1.5, Infinity, 2 ** 31, 1e12, undefined],
};

/** Fractions of a millisecond mean something, but no job ends in so little. */
const TOO_SHORT: Readonly<Record<string, readonly unknown[]>> = { timeout: [1.5], startTimeout: [1.5] };

function assertRefused(error: unknown, option: string, value: unknown): void {
  assert.ok(error instanceof TypeError || error instanceof RangeError);
  assert.equal((error as Error & { code?: string }).code, "CC_ERR_OPTION");
  assert.match(error.message, new RegExp(`^${option} must be .*, got `));
  assert.equal(error instanceof RangeError, typeof value === "number", error.message);
}

const numbers = (option: string): Case => ({
  name: `F-29 ${option} means what is said of it, or is refused`,
  run: (kit) =>
    quietly(async () => {
      // By so short a grace a thread that can't be killed is given up, if it still starts.
      let abandoned = 0;
      for (const value of VALUES) {
        if (TOO_SHORT[option]?.includes(value)) continue;
        const options = {
          maxBacklog: 10,
          ...option.endsWith("acklog") ? { maxBacklog: undefined } : {},
          [option]: value,
        };
        if (!MEANT[option]?.includes(value)) {
          assert.throws(() => make(kit, options), (error) => assertRefused(error, option, value) === undefined);
          continue;
        }
        const cc = make(kit, options);
        const jobs = [1, 2].map((n) => kit.value(cc, { op: "sleep", ms: 5, value: n }));
        assert.deepEqual(await Promise.all(jobs), [1, 2], `${option}: ${String(value)}`);
        await cc.exit();
        abandoned += cc.stats().lost.abandoned;
      }
      assert.equal(kit.faults.length, abandoned);
      if (!kit.lacks("kill")) assert.equal(abandoned, 0);
    }),
});

function make(kit: Kit, options: Record<string, unknown>): ReturnType<Kit["cluster"]> {
  const size = "max_processes" in options ? { maxWorkers: undefined } : {};
  return kit.cluster("handler.mjs", { ...size, ...options });
}

const cases: Case[] = [
  ...Object.keys(MEANT).map(numbers),
  ...everyWay("F-29 The timeout of a job is checked as the cluster's is", (kit, worker, style) =>
    quietly(async () => {
      const cc = kit.cluster(worker, { maxWorkers: 1, timeout: 2 ** 31 });
      for (const timeout of [Infinity, 2 ** 31, 1e12, undefined]) {
        assert.equal(await kit.value(cc, { op: "sleep", ms: 5, value: 1 }, { timeout }, style), 1);
      }
      for (const timeout of [0, -1, NaN, "2", null, 2n, {}]) {
        assertRefused(await kit.error(cc, {}, { timeout: timeout as number }, style), "timeout", timeout);
      }
    })),
  ...everyWay("F-29 The limit of a job ends with it", (kit, worker, style) =>
    quietly(async () => {
      const cc = kit.cluster(worker, { maxWorkers: 1 });
      await cc.ready();
      // Far more than the job takes; then longer than that with jobs that have no limit.
      const limited = (): Promise<Ended> => kit.job(cc, { op: "echo", value: 1 }, { timeout: 1_000 }, style);
      let ended = await limited();
      // The system had the worker stand still for that long.
      while ("error" in ended && (ended.error as { code?: unknown }).code === "CC_ERR_TIMEOUT") ended = await limited();
      assert.deepEqual(ended, { ok: 1 });
      assert.equal(await kit.value(cc, { op: "sleep", ms: 1_100, value: 2 }, undefined, style), 2);
      assert.equal(cc.stats().lost.workers, 0);
    })),
];

registerSuites({ "limits": cases });
