/** No worker process outlives its program by two seconds, whatever either was doing. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import type { Case } from "../conformance/case.ts";
import { isAlive, type Kit, type RunningProgram, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** What the workers do when their program dies. */
const DOING: Readonly<Record<string, string>> = {
  idle: "that are idle",
  loop: "in a busy loop",
  hash: "in native code (a hash)",
  compress: "in native code (a compressor)",
  wait: "in Atomics.wait",
  child: "in a synchronous child process",
  stopped: "that are stopped by SIGSTOP",
  "load-loop": "in a busy loop as they load",
  "load-await": "that still load",
  deaf: "that ignore every signal but SIGKILL, and the end of the channel",
};

/** The runtime's flag for a small heap. */
const SMALL_HEAP = { node: "--max-old-space-size=100", deno: "--v8-flags=--max-old-space-size=100", bun: "" } as const;

function orphaned(kit: Kit, how: string, death: string, flag?: string): RunningProgram {
  return kit.start(kit.command("orphaned.ts", [how, kit.file("pids"), death], flag ? [flag] : []));
}

/** Waits for the end of the program, and then of its workers. */
async function assertNoneLeft(program: RunningProgram, left: () => boolean): Promise<void> {
  // Not `ended`: it waits for the output, which the workers share.
  if (program.child.exitCode === null && program.child.signalCode === null) await once(program.child, "exit");
  const died = Date.now();
  await until(() => !left());
  const took = Date.now() - died;
  assert.ok(took < 2000, `${took} ms`);
}

const pidsOf = (kit: Kit): number[] => kit.lines(kit.file("pids")).map(Number);

/** The state of a process, as Linux tells it. */
function stateOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0];
}

/** Whether a process lives whose environment has this text. Linux. */
function anyWith(text: string): boolean {
  return readdirSync("/proc").map(Number).some((pid) => {
    try {
      return pid > 0 && isAlive(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(text);
    } catch {
      // It has ended since, or is another user's.
      return false;
    }
  });
}

/** The program dies by itself, as soon as its workers are busy. */
async function dies(kit: Kit, death: string, flag?: string): Promise<RunningProgram> {
  const program = orphaned(kit, "loop", death, flag);
  await program.line("busy");
  assert.equal(pidsOf(kit).length, 2);
  await assertNoneLeft(program, () => pidsOf(kit).some(isAlive));
  return program;
}

const cases: Case[] = [
  ...Object.entries(DOING).map(([how, what]): Case => ({
    name: `A program that is killed leaves no workers ${what}`,
    async run(kit) {
      if (kit.isolation === "thread" || process.platform === "win32") {
        kit.notHere("about processes, needs a POSIX system");
      }
      const program = orphaned(kit, how, "SIGKILL");
      await program.line("busy");
      const pids = pidsOf(kit);
      assert.equal(new Set(pids).size, 2);
      assert.deepEqual(pids.map(isAlive), [true, true]);
      if (how === "stopped" && process.platform === "linux") {
        await until(() => pids.every((pid) => stateOf(pid) === "T"));
      }
      program.child.kill("SIGKILL");
      await assertNoneLeft(program, () => pids.some(isAlive));
    },
  })),
  {
    name: "A program that is killed as its workers start leaves none",
    async run(kit) {
      if (kit.isolation === "thread" || process.platform !== "linux") kit.notHere("about processes, needs Linux");
      const program = orphaned(kit, "load-loop", "at once");
      await assertNoneLeft(program, () => anyWith(`LINGERS_FILE=${kit.file("pids")}`));
      assert.equal(program.child.signalCode, "SIGKILL");
    },
  },
  {
    name: "A program that aborts leaves no workers in a busy loop",
    async run(kit) {
      if (kit.isolation === "thread" || process.platform === "win32") {
        kit.notHere("about processes, needs a POSIX system");
      }
      const { child } = await dies(kit, "abort");
      assert.ok(child.signalCode !== null || child.exitCode !== 0);
    },
  },
  {
    name: "A program that runs out of memory leaves no workers in a busy loop",
    needs: "resourceLimits",
    async run(kit) {
      if (kit.isolation === "thread" || process.platform === "win32") {
        kit.notHere("about processes, needs a POSIX system");
      }
      const { child } = await dies(kit, "memory", SMALL_HEAP[kit.runtime]);
      assert.ok(child.signalCode !== null || child.exitCode !== 0);
    },
    // Nothing limits its heap but the machine's memory.
  },
];

registerSuites({ "orphans of every kind": cases });
