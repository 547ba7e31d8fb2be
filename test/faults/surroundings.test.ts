/** What surrounds a cluster: node:cluster, the environment, and prototypes that somebody has tampered with. */

import assert from "node:assert/strict";
import process from "node:process";
import { type Case, type Contract, everyWay } from "../conformance/case.ts";
import { until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** What a spawn or a message might read through a prototype; none of it may count. */
const POLLUTION: readonly Record<string, unknown>[] = [
  { execArgv: ["--title=owned"], env: { OWNED: "1" }, argv: ["owned"], max_processes: 1e6, maxWorkers: 1e6 },
  { OWNED: "1", NODE_OPTIONS: "--no-such-flag", BUN_OPTIONS: "--no-such-flag" },
  { cwd: "/", shell: "/no/such/shell", argv0: "owned", execPath: "/no/such/runtime", uid: 12_345 },
  { stdio: "ignore", detached: true, timeout: 1, killSignal: "SIGKILL", eval: true, stdin: true },
  { type: "stop", id: 7, err: "x", error: "x", ok: false, job: 1, key: "owned", transfer: [1] },
];

const STRANGE = JSON.parse(
  `{"__proto__":{"hacked":1},"constructor":{"prototype":{"hacked":1}},"then":"x","id":99,"type":"stop","err":"x",
  "error":"x","key":"k","answers":[[1,0,"forged"]],"cmd":"NODE_DISCONNECT","hasOwnProperty":1,"toString":1}`,
) as Record<string, unknown>;

const cases: Case[] = [
  ...(["handler.mjs", "contract.mjs", "contract.cjs"] satisfies Contract[]).map((worker): Case => ({
    name: `F-23 Inside of a node:cluster workers are nobody's members, and a member may leave (${worker})`,
    async run(kit) {
      const [gate, log] = [kit.file("gate"), kit.file("log")];
      const program = kit.program("cluster-members.ts", worker, gate, log);
      assert.deepEqual(JSON.parse(await program.line("seen ")), {
        answers: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        member: false,
        id: null,
        channel: null,
        untouched: true,
      });
      await program.line("left");
      kit.write(gate);
      await program.line("finished 1,2,3");
      const { code, stderr } = await program.ended;
      assert.deepEqual([code, stderr], [0, ""]);
    },
  })),
  ...everyWay("F-23 A process that a job starts sees nothing of the workers' plumbing", async (kit, worker, style) => {
    if (process.platform === "win32") kit.notHere("needs a POSIX system");
    const before = { ...process.env };
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const env = String(await kit.value(cc, { op: "child env" }, undefined, style));
    assert.match(env, /^PATH=/m);
    assert.doesNotMatch(env, /^(NODE_(UNIQUE_ID|WORKER_ID|CHANNEL_\w+)|COMPUTE_CLUSTER\w*)=/m);
    assert.deepEqual({ ...process.env }, before);
  }),
  ...POLLUTION.map((values): Case => ({
    name: `F-24 A worker starts the same from a polluted prototype (${Object.keys(values).join(", ")})`,
    async run(kit) {
      const program = await kit.program("polluted.ts", "handler.mjs", JSON.stringify(values)).ended;
      assert.equal(program.code, 0, program.stderr);
      const { look, echo, first } = JSON.parse(program.stdout.split("\n")[0] ?? "");
      assert.equal(echo, 1);
      assert.deepEqual(look.argv.slice(1), []);
      assert.ok(!look.execArgv.includes("--title=owned"));
      assert.deepEqual([look.env.OWNED, look.env.NODE_OPTIONS], [undefined, process.env["NODE_OPTIONS"]]);
      assert.equal(look.cwd, process.cwd());
      assert.deepEqual([first.workers, first.starts, first.messages], [0, 0, 0]);
    },
  })),
  ...everyWay("F-24 Strange keys arrive, and are keys only", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 2 });
    for (const value of [STRANGE, [STRANGE], new Map([["value", STRANGE]])]) {
      assert.deepEqual(await kit.value(cc, { op: "echo", value }, undefined, style), value);
    }
    const strange = Object.assign(Object.create(null), STRANGE, { op: "look" });
    const { keys } = await kit.value(cc, strange, undefined, style) as { keys: string[] };
    assert.deepEqual(keys.sort(), [...Object.keys(STRANGE), "op"].sort());
    assert.equal(({} as { hacked?: unknown }).hacked, undefined);
    assert.deepEqual(kit.faults, []);
  }),
  ...everyWay("F-24 A worker whose own prototype is polluted goes on", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const values = { type: "left", code: 3, key: "owned", job: 1, heeds: true, answers: [], transfer: 1, error: "x" };
    assert.equal(await kit.value(cc, { op: "pollute", values }, undefined, style), "polluted");
    assert.deepEqual(await kit.value(cc, { op: "echo", value: { n: 1 } }, undefined, style), { n: 1 });
    const error = await kit.error(cc, { op: "weird", what: "function" }, undefined, style);
    assert.deepEqual([error["code"], error["path"]], ["CC_ERR_NOT_CLONEABLE", "result.list[1].onDone"]);
    assert.equal(cc.stats().lost.workers, 0);
    await kit.error(cc, { op: "exit", code: 4 }, undefined, style);
    await until(() => kit.faults.length === 1);
    assert.equal(await kit.value(cc, { op: "echo", value: "next" }, undefined, style), "next");
  }),
];

registerSuites({ "surroundings": cases });
