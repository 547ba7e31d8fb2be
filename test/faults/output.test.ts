/** Workers that say much, to somebody or to nobody. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import process from "node:process";
import type { Case } from "../conformance/case.ts";
import { isAlive, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** The lines that a worker writes to each output: many times what a pipe holds. */
const LINES = 5000;

const command = (kit: Kit, ...args: string[]): string[] => [
  process.execPath,
  ...kit.command("loud.ts", args),
];

/** Runs a program under a shell's redirections; gives what it told in its file, and how it ended. */
async function told(kit: Kit, redirections: string, log: string): Promise<unknown> {
  const child = spawn("/bin/sh", ["-c", `exec "$@" ${redirections}`, "sh", ...command(kit, log, String(LINES))], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  return [...kit.lines(log), code];
}

const cases: Case[] = [
  {
    name: "F-21 Much output to files is written whole, and blocks no job",
    async run(kit) {
      if (process.platform === "win32") kit.notHere("needs a POSIX system");
      const [log, out, err] = [kit.file("log"), kit.file("out"), kit.file("err")];
      assert.deepEqual(await told(kit, `>'${out}' 2>'${err}'`, log), ["said", "said", "exited", 0]);
      for (const file of [out, err]) assert.ok(statSync(file).size >= 2 * LINES * 1024, `${statSync(file).size}`);
    },
  },
  {
    name: "F-21 What a worker has said is written whole before it leaves, though its reader is slower",
    async run(kit) {
      const log = kit.file("log");
      const [file, ...args] = command(kit, log, String(LINES));
      const env = { ...process.env, BY_STREAM: "1" };
      const child = spawn(file as string, args, { stdio: ["ignore", "pipe", "pipe"], env });
      const read = { stdout: 0, stderr: 0 };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].on("data", (chunk: Uint8Array) => void (read[name] += chunk.length));
      }
      const code = await new Promise((resolve) => child.on("close", resolve));
      assert.deepEqual([...kit.lines(log), code], ["said", "said", "exited", 0]);
      for (const [name, size] of Object.entries(read)) assert.ok(size >= 2 * LINES * 1024, `${name}: ${size}`);
    },
  },
  {
    name: "F-21 Output that is closed brings nobody down",
    async run(kit) {
      if (process.platform === "win32") kit.notHere("needs a POSIX system");
      assert.deepEqual(await told(kit, ">&- 2>&-", kit.file("log")), ["said", "said", "exited", 0]);
    },
  },
  {
    name: "F-21 A worker that waits for its output to be read can be stopped",
    async run(kit) {
      // A thread in a blocking write can't be stopped by anybody. mkfifo and a pipe opened for both are Linux'.
      if (kit.isolation === "thread" || process.platform !== "linux") kit.notHere("about processes, needs Linux");
      const [log, pids, pipe] = [kit.file("log"), kit.file("pids"), kit.file("pipe")];
      assert.equal(spawnSync("/bin/sh", ["-c", `mkfifo '${pipe}'`]).status, 0);
      // Never read.
      const held = openSync(pipe, "r+");
      const [file, ...args] = command(kit, log, String(LINES), pids);
      const child = spawn(file as string, args, { stdio: ["ignore", held, "ignore"] });
      const code = await new Promise((resolve) => child.on("exit", resolve));
      closeSync(held);
      assert.deepEqual([...kit.lines(log), code], ["CC_ERR_CLOSED", "exited", 0]);
      await until(() => !kit.lines(pids).some((pid) => isAlive(Number(pid))));
    },
  },
  {
    name: "F-21 Nobody has to read what a worker says that is told to be quiet",
    needs: "stdio",
    async run(kit) {
      const cc = kit.cluster("loud.mjs", { maxWorkers: 1, stdio: "ignore" });
      // A thread's writes past its streams reach the program's output all the same.
      const lines = kit.isolation === "process" ? LINES : 0;
      for (let i = 0; i < 2; i++) assert.equal(await kit.value(cc, { lines }), "said");
    },
    async otherwise(kit) {
      assert.throws(() => kit.cluster("loud.mjs", { stdio: "ignore" }), { code: "CC_ERR_OPTION" });
    },
  },
];

registerSuites({ "output": cases });
