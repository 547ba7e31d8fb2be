import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect } from "vitest";
import { until } from "../conformance/kit.ts";
import { type Commands, type Host, HOSTS, it } from "./commands.ts";

const JOBS = 200;
const upTo = (n: number): string => Array.from({ length: n }, (_, i) => `${i + 1}\n`).join("");

const args = (name: string, ...more: string[]): string[] => [
  ...["run", "worker.mjs", "jobs", "--task", "logged", "--max-workers", "2", "-q"],
  ...["-o", `${name}.out`, "--failed", `${name}.failed`, "--journal", `${name}.journal`],
  ...more,
];

/** The jobs that the journal says are done, by their numbers in the input. */
function journaled(commands: Commands): number[] {
  const { state } = JSON.parse(commands.read("cut.journal"));
  return (state.done as [number, number][]).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i + 1)
  );
}

/** How often each job has run. */
function runs(commands: Commands): Map<number, number> {
  const runs = new Map<number, number>();
  for (const line of commands.lines("log")) runs.set(Number(line), (runs.get(Number(line)) ?? 0) + 1);
  return runs;
}

/** Kills the run each time it has written so many lines more; then lets it end. */
async function killAndResume(commands: Commands, host: Host, kills: readonly number[], more: string[]): Promise<void> {
  let written = 0;
  for (const lines of kills) {
    const { signalAll, ended } = commands.start(host, args("cut", "--resume", ...more));
    const enough = written + lines;
    await Promise.race([ended, until(() => commands.lines("cut.out").length >= enough)]);
    signalAll("SIGKILL");
    await ended;
    written = journaled(commands).length;
  }
  const done = journaled(commands);
  rmSync(join(commands.folder, "log"));
  expect((await commands.run(host, args("cut", "--resume", ...more))).code).toBe(1);
  const again = runs(commands);
  expect(done.filter((job) => again.has(job)), "what was journaled has not run again").toEqual([]);
  expect(again.size).toBe(JOBS - done.length);
}

describe.concurrent.each(HOSTS)("run --journal on %s", { timeout: 60_000 }, (host) => {
  for (const more of [[], ["--unordered"]]) {
    it(`${more.join("")} goes on after SIGKILL at any moment, without a result lost or twice`, async ({ commands }) => {
      commands.write("jobs", upTo(JOBS));
      const kills = [1, 2].map(() => 1 + Math.floor(Math.random() * JOBS * 0.4));
      const whole = await commands.run(host, args("whole", ...more));
      expect(whole).toEqual({ code: 1, stdout: "", stderr: "" });
      await killAndResume(commands, host, kills, more);
      const sorted = more.length > 0;
      for (const file of ["out", "failed"]) {
        const [expected, found] = ["whole", "cut"].map((name) => commands.lines(`${name}.${file}`));
        expect(sorted ? found?.sort() : found, `killed after ${kills.join(" and ")} lines more`)
          .toEqual(sorted ? expected?.sort() : expected);
      }
      expect(commands.read("cut.journal").length).toBeLessThan(2000);
    });
  }

  // Windows has no signals.
  it.runIf(process.platform !== "win32")("is right after SIGINT, and is gone on with", async ({ commands }) => {
    commands.write("jobs", upTo(8));
    const command = (...more: string[]): string[] => [
      ...["run", "worker.mjs", "-", "--task", "once", "--max-workers", "1", "-o", "out", "--journal", "journal"],
      ...more,
    ];
    const first = commands.start(host, command(), "open");
    first.child.stdin?.write(upTo(3));
    await until(() => commands.lines("log").length >= 1);
    first.signalAll("SIGINT");
    const { code, stderr } = await first.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^interrupted: finishing what is under way .*\n.* jobs?, 0 failed, .*\n--resume goes on from here\n$/,
    );
    await until(() => !first.signalAll(0));
    const done = commands.lines("out").length;
    expect(done).toBeGreaterThanOrEqual(1);
    expect(commands.lines("log").length, "what had begun was finished").toBe(done);

    expect((await commands.run(host, command("--resume"), { text: upTo(4) })).code).toBe(0);
    expect(commands.lines("log")).toEqual(["1", "2", "3", "4"]);
    expect(commands.lines("out").map((line) => JSON.parse(line))).toEqual(
      [0, 1, 2, 3].map((index) => ({ index, value: index + 1 })),
    );
  });

  it("refuses results, and lines of failed jobs, that it could not go on behind", async ({ commands }) => {
    commands.write("jobs", "1\n");
    const outputs = { "--output": ["-o", "/dev/null"], "--failed": ["-o", "out", "--failed", "/dev/null"] };
    for (const [name, output] of Object.entries(outputs)) {
      const ended = await commands.run(host, ["run", "worker.mjs", "jobs", ...output, "--journal", "journal"]);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toBe(`error: --journal needs a file as ${name}, which /dev/null is not\n`);
    }
  });

  it("refuses to go on with other jobs, or in another way, and changes nothing", async ({ commands }) => {
    commands.write("jobs", "1\n2\n3\n");
    const command = (
      ...more: string[]
    ): string[] => ["run", "worker.mjs", "jobs", "-o", "out", "--journal", "journal", ...more];
    expect((await commands.run(host, command())).code).toBe(0);
    const [out, journal] = [commands.read("out"), commands.read("journal")];
    for (
      const [jobs, more, message] of [
        [
          "1\n2\n4\n",
          ["--resume"],
          /^error: can't resume: the first 3 jobs of the input are not those that the journal is about\n$/,
        ],
        ["1\n2\n", ["--resume"], /^error: can't resume: the journal is about 3 jobs, and the input has 2\n$/],
        ["1\n2\n3\n", ["--resume", "--task", "odd"], /^error: can't resume: --task was not given, and is odd\n$/],
        [
          "1\n2\n3\n",
          [],
          /^error: there is a journal journal: --resume goes on with its run; remove it to begin anew\n$/,
        ],
      ] as [string, string[], RegExp][]
    ) {
      commands.write("jobs", jobs);
      const { code, stderr } = await commands.run(host, command(...more));
      expect(stderr).toMatch(message);
      expect([code, commands.read("out"), commands.read("journal")]).toEqual([2, out, journal]);
    }
    // What is the same with other ends of lines, and more of it, is gone on with.
    commands.write("jobs", "1\r\n2\r\n\r\n3\r\n4");
    expect((await commands.run(host, command("--resume", "-q"))).code).toBe(0);
    expect(commands.read("out")).toBe(`${out}{"index":3,"value":8}\n`);
  });
});

// Windows has no signals.
const posix = process.platform === "win32" ? [] : HOSTS;

describe.concurrent.each(posix)("signals on %s", { timeout: 60_000 }, (host) => {
  it("the second SIGINT stops at once, and leaves no worker", async ({ commands }) => {
    const command = ["run", "worker.mjs", "--task", "stuck", "--max-workers", "2"];
    const { signalAll, ended, child } = commands.start(host, command, "open");
    child.stdin?.write("1\n2\n3\n");
    await until(() => commands.lines("log").length === 2);
    signalAll("SIGINT");
    await new Promise((resolve) => child.stderr?.once("data", resolve));
    signalAll("SIGINT");
    expect(await ended).toMatchObject({ code: 130, stdout: "" });
    await until(() => !signalAll(0));
  });

  it("SIGTERM to the workers, too, leaves what they were at to be run again", async ({ commands }) => {
    commands.write("jobs", "1\n2\n3\n4\n");
    const more = ["--task", "gated", "--max-workers", "2", "--output", "out", "--journal", "journal", "--resume"];
    const { signalAll, said, ended } = commands.start(host, ["run", "worker.mjs", "jobs", ...more]);
    await until(() => commands.lines("log").length >= 2);
    signalAll("SIGTERM");
    // Deno's are in a group of their own, and finish.
    await until(() => said.stderr.includes("interrupted"));
    commands.write("gate", "");
    expect((await ended).code).toBe(143);
    expect((await commands.run(host, ["run", "worker.mjs", "jobs", ...more])).code).toBe(0);
    expect(commands.lines("out").map((line) => JSON.parse(line))).toEqual(
      [1, 2, 3, 4].map((value, index) => ({ index, value })),
    );
  });

  it("SIGTERM asks for the same, with its own code, also where jobs are waited for", async ({ commands }) => {
    const { child, ended } = commands.start(host, ["run", "worker.mjs"], "open");
    child.stdin?.write("1\n");
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 143, stdout: '{"index":0,"value":2}\n' });
  });
});
