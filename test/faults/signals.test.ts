/** Signals that a terminal sends to the whole process group, workers included. */

import assert from "node:assert/strict";
import process from "node:process";
import type { Case, Contract } from "../conformance/case.ts";
import { isAlive, type Kit, type RunningProgram, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

const WORKERS: readonly Contract[] = ["handler.mjs", "contract.mjs", "contract.cjs"];

interface Interrupted {
  readonly program: RunningProgram;
  /** Whose presence lets the jobs finish. */
  readonly gate: string;
  /** The pids of the workers, once per job that has begun. */
  pids(): number[];
  /** Does what the terminal does. */
  signal(): void;
}

/** A program whose two workers are busy, with two more jobs waiting. */
async function interrupted(kit: Kit, signal: string, answer: string, worker: string): Promise<Interrupted> {
  const [gate, log] = [kit.file("gate"), kit.file("pids")];
  const program = kit.program("interrupted.ts", signal, answer, worker, gate, log);
  await program.line("running");
  await until(() => kit.lines(log).length === 2);
  const group = Number(await program.line("group"));
  return { program, gate, pids: () => kit.lines(log).map(Number), signal: () => void process.kill(-group, signal) };
}

/** What the program says at its end, which has to be clean. */
async function report(program: RunningProgram): Promise<unknown> {
  const { stdout, stderr } = await program.ended;
  assert.equal(stderr, "");
  assert.match(stdout, /^ended 0$/m);
  return JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")) ?? "null");
}

const graceful = (worker: Contract, signal: "SIGINT" | "SIGHUP", what: string): Case => ({
  name: `F-15 ${what} is the program's to answer: what it has accepted is finished (${worker})`,
  async run(kit) {
    if (process.platform === "win32") kit.notHere("needs a POSIX system");
    const { program, gate, signal: send } = await interrupted(kit, signal, "close", worker);
    send();
    await program.line("heard 1");
    send();
    await program.line("heard 2");
    kit.write(gate);
    assert.deepEqual(await report(program), { jobs: [["0"], ["1"], ["2"], ["3"]], started: 2, faults: 0 });
  },
});

const cases: Case[] = [
  ...WORKERS.map((worker) => graceful(worker, "SIGINT", "Ctrl-C")),
  ...WORKERS.map((worker) => graceful(worker, "SIGHUP", "The end of the terminal")),
  ...WORKERS.map((worker): Case => ({
    name: `F-15 Ctrl-C twice while the program exits: each job settles once, nothing is started (${worker})`,
    async run(kit) {
      if (process.platform === "win32") kit.notHere("needs a POSIX system");
      const { program, pids, signal } = await interrupted(kit, "SIGINT", "exit", worker);
      signal();
      await program.line("heard 1");
      try {
        signal();
      } catch {
        // It was quick, and is gone already.
      }
      assert.deepEqual(await report(program), {
        jobs: [["CC_ERR_CLOSED"], ["CC_ERR_CLOSED"], ["CC_ERR_CLOSED"], ["CC_ERR_CLOSED"]],
        started: 2,
        faults: 0,
      });
      if (kit.isolation === "process") assert.deepEqual(pids().map(isAlive), [false, false]);
    },
  })),
  {
    name: "F-15 Ctrl-C ends a program that does not answer it, and its workers",
    async run(kit) {
      if (process.platform === "win32") kit.notHere("needs a POSIX system");
      const { program, pids, signal } = await interrupted(kit, "SIGINT", "none", "handler.mjs");
      signal();
      const { stdout, stderr } = await program.ended;
      assert.match(stdout, /^ended (SIGINT|130)$/m);
      assert.equal(stderr, "");
      await until(() => !pids().some(isAlive));
    },
  },
];

registerSuites({ "signals of the terminal": cases });
