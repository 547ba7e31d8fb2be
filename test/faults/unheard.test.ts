/** F-33: promises that nobody awaits, callbacks that nobody gave. F-38: what a worker throws, the program survives. */

import assert from "node:assert/strict";
import { type Case, type Contract, everyWay } from "../conformance/case.ts";
import type { Kit } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

const CONTRACTS: readonly Contract[] = ["handler.mjs", "contract.mjs", "contract.cjs"];

/** What a program says whose jobs nobody waits for. */
async function unattended(kit: Kit, how: string, worker: string): Promise<unknown> {
  const { code, stdout, stderr } = await kit.program("nobody-waits.ts", how, worker).ended;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const unheardOf = CONTRACTS.flatMap((worker): Case[] => [
  {
    name: `F-33 With a callback there is no promise that could be rejected (${worker})`,
    async run(kit) {
      const said = await unattended(kit, "callback", worker);
      assert.deepEqual(said, { called: 4, unhandled: [], different: true });
    },
  },
  {
    name:
      `F-33 A promise that nobody handles is the runtime's unhandled rejection, with an error of its own (${worker})`,
    async run(kit) {
      const said = await unattended(kit, "promise", worker);
      const unhandled = ["CC_ERR_BACKLOG_FULL", "CC_ERR_WORKER_EXIT"];
      assert.deepEqual(said, { called: 1, unhandled, different: true });
    },
  },
]);

/** In threads it is the runtime that prints. */
const printed: Case = {
  name: "F-38 What workers print ends no program whose stderr nobody reads any more",
  async run(kit) {
    if (kit.isolation === "thread") kit.notHere("about what the host prints: of a thread the runtime does");
    const program = kit.program("prints-to-nobody.ts");
    program.child.stderr?.once("data", () => program.child.stderr?.destroy());
    const { code, stdout } = await program.ended;
    assert.deepEqual([code, stdout], [0, "ended 1\nended 2\n"]);
  },
};

/** What a worker throws where nobody waits, and how the job's error tells of it. */
const THROWN = {
  reject: /rejected in the worker/,
  timer: /thrown by a timer of the worker/,
  tick: /thrown by a microtask of the worker/,
  import: /is-not-there/,
  twice: /of two in the worker/,
} as const;

const survived = (["unheard.mjs", "unheard-handler.mjs"] as const).flatMap((worker) =>
  (Object.keys(THROWN) as (keyof typeof THROWN)[]).map((what, i): Case => ({
    name: `F-38 What a worker throws fails its job alone, and a new worker takes the next (${what}, ${worker})`,
    async run(kit) {
      const cc = kit.cluster(worker, { maxWorkers: 1 });
      const style = i % 2 ? "callback" : "promise";
      const ready: string[] = [];
      cc.on("worker:ready", ({ worker }) => ready.push(worker));
      const [error, next] = await Promise.all([
        kit.error(cc, what, undefined, style),
        kit.value(cc, "ok", undefined, style),
      ]);
      assert.deepEqual([error["code"], next], ["CC_ERR_WORKER_EXIT", "ok"]);
      assert.match(`${error.message}\n${(error.cause as Error | undefined)?.message}`, THROWN[what]);
      assert.equal(kit.faults.length, 1);
      assert.equal(new Set(ready).size, 2);
    },
  }))
);

const saved: Case = {
  name: "F-38 A worker that listens to what nobody has caught lives on, also with promises that were rejected",
  async run(kit) {
    const cc = kit.cluster("saves-itself.mjs", { maxWorkers: 1 });
    assert.deepEqual(await kit.value(cc, "rejects"), ["stray"]);
    assert.deepEqual(await kit.value(cc, "throws"), ["of a timer"]);
    assert.equal(cc.stats().lost.workers, 0);
  },
};

const cases: Case[] = [
  printed,
  saved,
  ...unheardOf,
  {
    name: "F-33 A rejection that is handled is nobody else's",
    async run(kit) {
      const said = await unattended(kit, "caught", "contract.mjs");
      assert.deepEqual(said, { called: 3, unhandled: [], different: true });
    },
  },
  {
    name: "F-33 A rejection that is handled late is unhandled until then, and the cluster does not mind",
    async run(kit) {
      const said = await unattended(kit, "late", "handler.mjs") as { called: number; unhandled: string[] };
      assert.equal(said.called, 2);
      assert.ok(said.unhandled.includes("E_BAD"), JSON.stringify(said));
    },
  },
  ...everyWay("F-33 No two jobs share an error", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1, maxBacklog: 3, killGrace: 100 });
    await cc.ready();
    const refusals = Array.from({ length: 8 }, () => kit.job(cc, { op: "sleep", ms: 20_000 }, undefined, style));
    await cc.exit();
    const late = [1, 2].map(() => kit.job(cc, {}, undefined, style));
    const errors = (await Promise.all([...refusals, ...late])).map((end) => "error" in end ? end.error : null);
    assert.ok(errors.every((error) => error instanceof Error));
    assert.equal(new Set(errors).size, 10);
  }),
  ...survived,
  {
    name: "F-38 What a handler throws, or rejects with, costs no worker",
    async run(kit) {
      const cc = kit.cluster("unheard-handler.mjs", { maxWorkers: 1 });
      for (const how of ["throw", "reject"]) {
        const error = await kit.error(cc, how, { task: "answers" });
        assert.ok(error instanceof RangeError);
        assert.equal(error.message, "the answer");
      }
      assert.equal(cc.stats().lost.workers, 0);
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "F-38 A program lives on, whatever its workers throw",
    async run(kit) {
      const { code, stdout, stderr } = await kit.program("worker-throws.ts").ended;
      assert.deepEqual(stdout.trim().split("\n"), ["ok", "ok", "ok", "ok", "ok", "alive, 5 faults"], stderr);
      assert.equal(code, 0, stderr);
    },
  },
];

registerSuites({ "what nobody hears": cases });
