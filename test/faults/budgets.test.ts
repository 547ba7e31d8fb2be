/** A budget that processes share: some of them are killed, hang, or can't be reached. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Case } from "../conformance/case.ts";
import { type Kit, type RunningProgram, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** A folder for temporary files, so that it shows what is left. */
function temporary(kit: Kit): Record<string, string> {
  const folder = kit.file("tmp");
  mkdirSync(folder, { recursive: true });
  return { TMPDIR: folder };
}

const leftIn = (env: Record<string, string>): string[] =>
  readdirSync(String(env["TMPDIR"])).filter((name) => name.startsWith("compute-cluster-"));

/** A program whose jobs wait, each for a gate of its own. */
class User {
  readonly program: RunningProgram;
  readonly #kit: Kit;
  readonly #name: string;
  #opened = 0;

  constructor(kit: Kit, name: string, jobs: number, env: Record<string, string>) {
    this.#kit = kit;
    this.#name = name;
    const args = [kit.file(`${name}-log`), kit.file(name), String(jobs)];
    this.program = kit.start(kit.command("budget-user.ts", args), env);
  }

  /** How many of its jobs have begun. */
  get begun(): number {
    return this.#kit.lines(this.#kit.file(`${this.#name}-log`)).length;
  }

  /** How many of its workers have left. */
  get exits(): number {
    return this.#kit.lines(this.#kit.file(`${this.#name}-exits`)).length;
  }

  /** Ends the oldest of so many jobs that had begun at first; its worker has the next, or leaves. */
  async openNext(first: number): Promise<void> {
    this.open(this.#opened++);
    await until(() => this.begun + this.exits >= first + this.#opened);
  }

  open(...jobs: number[]): void {
    for (const job of jobs) this.#kit.write(this.#kit.file(`${this.#name}-${job}`));
  }
}

/** A holder, in vain: what it says, if anything. */
async function listen(path: string, heard: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.unref();
    heard(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

const cases: Case[] = [
  {
    name:
      "Processes have no more workers than their budget, whoever is killed has given his back, and the rest go on without its holder",
    async run(kit) {
      const tmp = temporary(kit);
      const holder = kit.start(kit.command("budget-holder.ts", ["4"]), tmp);
      const env = { ...tmp, ...JSON.parse(await holder.line("env")) };
      assert.equal(leftIn(tmp).length, 1);
      const one = new User(kit, "one", 400, env);
      await until(() => one.begun === 4);
      const two = new User(kit, "two", 6, env);
      await until(() => two.begun === 1);
      // It may hear late of its share, which is two.
      while (one.exits < 2) await one.openNext(4);
      await until(() => two.begun === 2);
      await one.openNext(4);
      assert.deepEqual([one.exits, two.begun], [2, 2]);
      one.program.child.kill("SIGKILL");
      await until(() => two.begun === 4);
      holder.child.kill("SIGKILL");
      await holder.ended;
      two.open(0, 1, 2, 3, 4, 5);
      assert.equal(await two.program.line("answers"), "0,1,2,3,4,5");
      await until(() => leftIn(tmp).length === 0);
      const { code, stderr } = await two.program.ended;
      assert.deepEqual([code, stderr], [0, ""]);
    },
  },
  {
    name: "Workers' clusters take part, and a worker that leaves has given back what they had",
    async run(kit) {
      const tmp = temporary(kit);
      const [a, b] = [kit.file("a"), kit.file("b")];
      const tree = kit.start(kit.command("budget-tree.ts", ["6", `${a},${b}`, "close"]), tmp);
      const begun = (branch: string): number => kit.lines(`${branch}-log`).length;
      await until(() => begun(a) > 0 && begun(b) > 0);
      // Two of six are the branches themselves.
      assert.ok(begun(a) <= 4 && begun(b) <= 4);
      kit.write(`${a}-leave`);
      await until(() => begun(b) === 5);
      kit.write(`${b}-go`);
      assert.equal(await tree.line("ended"), "CC_ERR_WORKER_EXIT 012345");
      assert.equal(await tree.line("left"), "0");
      const { code } = await tree.ended;
      assert.deepEqual([code, leftIn(tmp)], [0, []]);
    },
  },
  {
    name:
      "A job that waits for jobs of its worker's cluster is answered, though the budget is one worker, and the program ends",
    async run(kit) {
      const tmp = temporary(kit);
      const [a, b] = [kit.file("a"), kit.file("b")];
      kit.write(`${a}-go`);
      kit.write(`${b}-go`);
      const tree = kit.start(kit.command("budget-tree.ts", ["1", `${a},${b}`, "stay"]), tmp);
      const { code, stdout, stderr } = await tree.ended;
      assert.deepEqual([code, stdout, stderr], [0, "ended 012345 012345\n", ""]);
      await until(() => leftIn(tmp).length === 0);
    },
  },
  {
    name: "A budget that can't be reached is replaced by one of the process",
    async run(kit) {
      const tmp = temporary(kit);
      for (const address of ["0:/no/such/folder/budget", "nonsense", "", "0:", "9999:/x"]) {
        const user = new User(kit, `to ${address.length}`, 3, { ...tmp, COMPUTE_CLUSTER_BUDGET: address });
        user.open(0, 1, 2);
        const { code, stdout, stderr } = await user.program.ended;
        assert.deepEqual([code, stderr], [0, ""], address);
        assert.match(stdout, /^answers 0,1,2$/m);
        assert.match(stdout, /^left 0$/m);
      }
    },
  },
  {
    name: "A holder that says nothing costs all workers but one, one that talks nonsense or hangs up nothing",
    async run(kit) {
      const tmp = temporary(kit);
      const ways: [name: string, heard: (socket: Socket) => void][] = [
        ["mute", () => {}],
        ["mad", (socket) => void socket.write("allow 1 -3\nallow 1 1e9\n{}\n")],
        ["endless", (socket) => void socket.write("x".repeat(10_000))],
        ["gone", (socket) => void socket.destroy()],
      ];
      for (const [name, heard] of ways) {
        const server = await listen(kit.file(name), heard);
        try {
          const user = new User(kit, `user-${name}`, 3, { ...tmp, COMPUTE_CLUSTER_BUDGET: `0:${kit.file(name)}` });
          await until(() => user.begun >= 1);
          user.open(0, 1, 2);
          assert.equal(await user.program.line("answers"), "0,1,2", name);
          assert.equal((await user.program.ended).code, 0, name);
        } finally {
          server.close();
        }
      }
    },
  },
  {
    name: "Without the rights that a socket needs, a program on Deno has a budget of its own",
    async run(kit) {
      if (kit.runtime !== "deno") kit.notHere("no other runtime has rights");
      const tmp = temporary(kit);
      const flags = ["--allow-read", "--allow-write", "--allow-env", "--allow-run"];
      const args = kit.command("budget-tree.ts", ["1", kit.file("a"), "close"], flags).filter((flag) => flag !== "-A");
      kit.write(kit.file("a-go"));
      const { code, stdout } = await kit.start(args, tmp).ended;
      assert.deepEqual([code, stdout], [0, "ended 012345\nleft 0\n"]);
    },
  },
];

registerSuites({ "budgets of processes": cases });
