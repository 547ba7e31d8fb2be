/** What jobs leave behind: memory, listeners, and a program that does not end. */

import assert from "node:assert/strict";
import type { Case, Contract } from "../conformance/case.ts";
import { isAlive, type Kit, type Program, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

const WORKERS: readonly Contract[] = ["handler.mjs", "contract.cjs"];

/** Runs a program that can ask for its garbage to be collected. */
function collecting(kit: Kit, program: string, ...args: string[]): Promise<Program> {
  const flags = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] }[kit.runtime];
  return kit.start(kit.command(program, args, flags)).ended;
}

const WAYS = ["construct", "callback", "exit", "exit in the callback", "aborted", "refused", "lost"];

const cases: Case[] = [
  ...WORKERS.map((worker): Case => ({
    name: `F-27 Nothing of a job is kept once it is answered, and no listener (${worker})`,
    async run(kit) {
      const { code, stdout, stderr } = await collecting(kit, "leaks.ts", worker);
      const [alive, ...rest] = stdout.trim().split("\n");
      assert.deepEqual(rest, ["steady true", "shared true", "restored true"], stderr);
      // One message per worker at most.
      assert.ok(Number(alive?.split(" ")[1]) <= (kit.lacks("forgets") ? 2 : 0), alive);
      assert.equal(code, 0);
    },
  })),
  ...WORKERS.map((worker): Case => ({
    name: `F-27 Nothing holds a cluster that has ended, however it and its workers ended (${worker})`,
    async run(kit) {
      const { code, stdout, stderr } = await collecting(kit, "forgets.ts", worker);
      assert.deepEqual([code, stdout], [0, "[]\n"], stderr);
    },
  })),
  ...WORKERS.flatMap((worker) =>
    WAYS.map((what): Case => ({
      name: `F-28 A program that is done ends by itself, and its workers with it (${what}, ${worker})`,
      async run(kit) {
        const file = kit.file("pids");
        const { code, stdout, stderr } = await kit.program("by-itself.ts", worker, what, file).ended;
        assert.deepEqual([code, stdout.includes("last line\n"), stderr], [0, true, ""]);
        if (kit.isolation === "process") await until(() => !kit.lines(file).some((pid) => isAlive(Number(pid))));
      },
    }))
  ),
];

registerSuites({ "what is left behind": cases });
