import { execFileSync, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { closeSync, existsSync, openSync, symlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { HOSTS, it } from "./commands.ts";

/** `1` to `n`, a line each. */
const upTo = (n: number): string => Array.from({ length: n }, (_, i) => `${i + 1}\n`).join("");

/** 20 numbers, a line each. */
const from = (first: number): string => Array.from({ length: 20 }, (_, i) => `${first + i}\n`).join("");

const parsed = (text: string): unknown[] => text.split("\n").slice(0, -1).map((line) => JSON.parse(line));

const run = (...args: string[]): string[] => ["run", "worker.mjs", ...args];

describe.concurrent.each(HOSTS)("run on %s", { timeout: 60_000 }, (host) => {
  it("gives results in order, and as they come", async ({ commands }) => {
    commands.write("jobs", from(101));
    const [inOrder, unordered] = await Promise.all([
      commands.run(host, run("jobs", "--task", "turned", "--max-workers", "2")),
      commands.run(host, run("-", "--task", "turned", "--max-workers", "2", "--unordered"), { text: from(201) }),
    ]);
    const expected = (first: number): unknown[] =>
      Array.from({ length: 20 }, (_, i) => ({ index: i, value: first + i }));
    expect(inOrder.code).toBe(0);
    expect(parsed(inOrder.stdout)).toEqual(expected(101));
    expect(inOrder.stderr).toMatch(/^20 jobs, 0 failed, in [\d.]+ s \([\d.]+\/s\)\n$/);
    const came = parsed(unordered.stdout) as { index: number }[];
    expect(came[0]).not.toMatchObject({ index: 0 });
    expect(came.sort((a, b) => a.index - b.index)).toEqual(expected(201));
  });

  it("takes what a handler throws for its job's end only, also an error of a cluster of its own", async ({ commands }) => {
    commands.write(
      "nested.mjs",
      `export default (n) => {
        if (n !== 2) return n;
        throw Object.assign(new Error("no more"), { name: "ClusterError", code: "CC_ERR_CLOSED", retryable: true });
      };`,
    );
    const { code, stdout } = await commands.run(host, ["run", "nested.mjs", "-q"], { text: upTo(3) });
    expect(code).toBe(1);
    expect(parsed(stdout)).toMatchObject([{ value: 1 }, { error: { code: "CC_ERR_CLOSED" } }, { value: 3 }]);
  });

  it("tells of jobs that fail and of lines that are none, keeps their inputs, and exits with 1", async ({ commands }) => {
    const jobs = '\ufeff1\r\n2\r\n\r\n{"bad\r\n 3 \r\n"4"';
    const { code, stdout, stderr } = await commands.run(host, run("--task", "odd", "--failed", "failed"), {
      text: jobs,
    });
    expect(code).toBe(1);
    expect(parsed(stdout)).toEqual([
      { index: 0, value: 1 },
      { index: 1, at: "stdin:2", error: { name: "TypeError", message: "2 is even" } },
      {
        index: 2,
        at: "stdin:4",
        error: { name: "SyntaxError", message: expect.stringMatching(/^the line is not JSON: /) },
      },
      { index: 3, value: 3 },
      { index: 4, at: "stdin:6", error: { name: "TypeError", message: "4 is even" } },
    ]);
    expect(stderr).toMatch(/^stdin:2: TypeError: 2 is even\n {2}at .*worker\.mjs:.*\nstdin:4: SyntaxError: /);
    expect(stderr).toMatch(/^5 jobs, 3 failed, /m);
    expect(commands.read("failed")).toBe('2\n{"bad\n"4"\n');

    const again = await commands.run(host, run("failed", "--values", "-q"));
    expect(again).toEqual({ code: 1, stdout: "4\n8\n", stderr: "" });
  });

  it("takes lines, names of files, a task, the data of setup, and limits", async ({ commands }) => {
    const lines = commands.run(host, run("--input", "lines", "--task", "upper", "--values"), { text: "ä{\nb" });
    const files = commands.run(host, run("--input", "files", "--task", "upper", "--values", "-o", "out", "a", "b"));
    const told = commands.run(host, run("--task", "told", "--values", "--setup-data", '{"a":1}'), { text: "1\n" });
    const stuck = commands.run(host, run("--task", "stuck", "--timeout", "0.2s"), { text: "1\n" });
    const dies = commands.run(host, run("--task", "dies", "--retries", "1", "--max-workers", "1"), { text: upTo(3) });
    expect(await lines).toMatchObject({ code: 0, stdout: '"Ä{"\n"B"\n' });
    expect(await files).toMatchObject({ code: 0, stdout: "" });
    expect(commands.read("out")).toBe('"A"\n"B"\n');
    expect(await told).toMatchObject({ code: 0, stdout: '{"a":1}\n' });
    expect(parsed((await stuck).stdout)).toMatchObject([{ index: 0, error: { code: "CC_ERR_TIMEOUT" } }]);
    expect(parsed((await dies).stdout)).toMatchObject([{ value: 1 }, { error: { code: "CC_ERR_POISON" } }, {
      value: 3,
    }]);
    expect((await dies).code).toBe(1);
  });

  it("ends when nobody reads its results any more", async ({ commands }) => {
    const { child, ended } = commands.start(host, run("-q"), { text: upTo(200_000) });
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("breaks off when it can't write, and says why", async ({ commands, skip }) => {
    skip(!existsSync("/dev/full"), "there is no device that is full");
    const { code, stderr } = await commands.run(host, run("-o", "/dev/full", "-q"), { text: upTo(1000) });
    expect(stderr).toMatch(/^error: can't write the results: .*no space left on device.*\n$/i);
    expect(code).toBe(1);
  });

  it("waits for whoever reads its results, and says nothing of it", async ({ commands }) => {
    const { child, ended } = commands.start(host, run("--task", "big", "--values"), { text: upTo(600) });
    const { stdout } = child;
    for (let reads = 0; reads < 20; reads++) {
      stdout?.pause();
      await new Promise((resolve) => setImmediate(resolve));
      stdout?.resume();
      await new Promise((resolve) => stdout?.once("data", resolve));
    }
    const end = await ended;
    expect(end.stdout.split("\n").map(({ length }) => length)).toEqual([...Array(600).fill(50_002), 0]);
    expect(end.stderr).toMatch(/^600 jobs, 0 failed, /m);
    expect(end.stderr).not.toMatch(/warning/i);
  });

  it("refuses what makes no sense with a sentence and 2, and writes nothing", async ({ commands }) => {
    commands.write("jobs", "1\n");
    symlinkSync("jobs", join(commands.folder, "link"));
    commands.write("journal", "{}");
    commands.write("halved", '{"of":"compute-cluster run","version":1,"plan":{},"state":{"read":{"jobs":1}}}');
    commands.write("out", "old");
    commands.write("broken.mjs", 'throw new Error("out of order");');
    const wrong: [string[], RegExp][] = [
      [
        run("jobs", "--timeout", "2 days"),
        /^error: option '--timeout <time>' argument '2 days' is invalid\. It must be a time such as 500ms/,
      ],
      [
        run("jobs", "--isolation", "cell"),
        /^error: option '--isolation <kind>' argument 'cell' is invalid\. Allowed choices are process, thread\./,
      ],
      [run("jobs", "--setup-data", "{"), /It must be JSON/],
      [run("missing"), /^error: can't read the jobs in missing: /],
      [run("--input", "files"), /^error: --input files needs names of files/],
      [run("jobs", "--journal", "j"), /^error: --journal needs --output/],
      [run("jobs", "--resume"), /^error: --resume needs --journal/],
      [
        run("jobs", "-o", "out", "--failed", "./out"),
        /^error: --failed must be another file than --output: /,
      ],
      [run("jobs", "-o", "./jobs"), /^error: --output must be another file than the input: .*jobs$/m],
      [run("jobs", "--failed", "link"), /^error: --failed must be another file than the input: /],
      [run("jobs", "-o", "worker.mjs"), /^error: --output must be another file than the worker module: /],
      [
        run("jobs", "-o", "new", "--journal", "j", "--failed", "j.part"),
        /^error: --journal must be another file than --failed: /,
      ],
      [run("jobs", "-o", "out", "--journal", "journal"), /^error: journal is not a journal of this command/],
      [
        run("jobs", "-o", "out", "--journal", "j", "--resume"),
        /^error: can't resume: there is no journal j, but .*out; remove that/,
      ],
      [
        run("jobs", "-o", "new", "--failed", "out", "--journal", "j", "--resume"),
        /^error: can't resume: there is no journal j, but .*out; remove that/,
      ],
      [run("jobs", "-o", "out", "--journal", "halved"), /^error: halved is not a journal of this command/],
      [run("jobs", "-o", "out", "--journal", "none/j"), /^error: can't write none\/j: ENOENT/],
      [run("jobs", "-o", "out", "--failed", "none/f"), /^error: can't write none\/f: ENOENT/],
      [
        ["run", "file://elsewhere/worker.mjs", "jobs"],
        /^error: file:\/\/elsewhere\/worker\.mjs is no file of this machine: /,
      ],
      [
        ["run", "missing.mjs", "jobs", "-o", "out"],
        /^error: module must be a file that exists, got ".*missing\.mjs"\n$/,
      ],
      [
        ["run", "broken.mjs", "jobs", "-o", "out", "--isolation", "thread"],
        /error: the worker module can't be used: Error: out of order/,
      ],
      [
        run("jobs", "--task", "nope", "-o", "out", "--journal", "unused"),
        /^error: task must be a function that the worker module exports, got "nope"; it exports: /,
      ],
      [["run"], /^error: missing required argument 'module'\n\(--help tells more\)\n$/],
      [["walk"], /^error: unknown command 'walk'/],
      [run("jobs", "--max-worker", "2"), /^error: unknown option '--max-worker'\n\(Did you mean --max-workers\?\)/],
    ];
    // Nothing in them depends on the runtime: each takes its share.
    const some = wrong.filter((_, i) => i % HOSTS.length === HOSTS.indexOf(host));
    for (const [args, message] of some) {
      const { code, stdout, stderr } = await commands.run(host, args);
      expect(stderr, args.join(" ")).toMatch(message);
      expect(stderr).not.toMatch(/cli\.js|src\/cli/);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    }
    expect(commands.read("out")).toBe("old");
    expect(commands.read("jobs")).toBe("1\n");
    // It would have to be removed before the right command can be given.
    expect(existsSync(join(commands.folder, "unused"))).toBe(false);
  });

  it("refuses to write into the file that is its stdin", async ({ commands }) => {
    commands.write("jobs", "1\n2\n");
    const { code, stderr } = await commands.run(host, run("-o", "jobs"), { file: "jobs" });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: --output must be another file than the input: /),
    ]);
    expect(commands.read("jobs")).toBe("1\n2\n");
  });

  it("helps", async ({ commands }) => {
    const help = (...args: string[]): Promise<unknown> => commands.run(host, args);
    const [all, run, bench, init, version, none] = await Promise.all([
      help("--help"),
      help("run", "--help"),
      help("bench", "--help"),
      help("init", "--help"),
      help("--version"),
      help(),
    ]);
    expect(all).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/^Usage: compute-cluster .*\n[^]*\binit\b/),
    });
    expect(run).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining('default: "ndjson"') });
    expect(bench).toMatchObject({ code: 0, stdout: expect.stringContaining("--seconds <n>") });
    expect(init).toMatchObject({ code: 0, stdout: expect.stringContaining("[folder]") });
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+.*\n$/) });
    expect(none).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("Usage: compute-cluster") });
  });
});

describe("run", () => {
  const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

  /** With its stdout in a file of the folder, behind what is there. */
  const into = (folder: string, file: string, args: string[], limit = "unlimited"): SpawnSyncReturns<string> => {
    const shell = `trap '' XFSZ; ulimit -f ${limit}; out=$1; shift; exec "$@" >> "$out"`;
    return spawnSync("sh", ["-c", shell, "sh", file, "node", cli, ...args], { cwd: folder, encoding: "utf8" });
  };

  it.runIf(process.platform !== "win32")("breaks off when the file behind stdout can't be written", ({ commands }) => {
    commands.write("jobs", upTo(3));
    // In blocks of 512 bytes.
    const { status, stderr } = into(commands.folder, "out", run("jobs", "--task", "big", "-q"), "2");
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: can't write the results: EFBIG/)]);
  });

  it.runIf(process.platform !== "win32")("refuses to write its results behind its jobs", ({ commands }) => {
    commands.write("jobs", upTo(3));
    const { status, stderr } = into(commands.folder, "jobs", run("jobs"));
    expect([status, stderr]).toEqual([2, "error: stdout must be another file than the input\n"]);
    const both = into(commands.folder, "both", run("jobs", "--failed", "both"));
    expect(both.stderr).toMatch(/^error: --failed must be another file than stdout: /);
    expect(commands.read("jobs")).toBe(upTo(3));
  });

  it.runIf(process.platform !== "win32")(
    "ends after a signal, though nobody writes into the pipe that it reads",
    async ({ commands }) => {
      const pipe = join(commands.folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      const { child, ended } = commands.start("node", run("pipe", "--task", "logged"));
      const writer = openSync(pipe, "w");
      try {
        writeSync(writer, "1\n");
        await expect.poll(() => existsSync(join(commands.folder, "log")), { timeout: 20_000 }).toBe(true);
        child.kill("SIGINT");
        expect(await ended).toMatchObject({ code: 130 });
      } finally {
        closeSync(writer);
      }
    },
  );

  it.runIf(process.platform !== "win32")("ends with a further signal, whatever it waits for", async ({ commands }) => {
    execFileSync("mkfifo", [join(commands.folder, "nobody-reads")]);
    commands.write(
      "loads.mjs",
      'import { writeFileSync } from "node:fs"; writeFileSync("loaded", ""); export default () => {};',
    );
    const { child, ended } = commands.start("node", ["run", "loads.mjs", "-o", "nobody-reads"], { text: "1\n" });
    let heard = "";
    child.stderr?.on("data", (text) => heard += text);
    await expect.poll(() => existsSync(join(commands.folder, "loaded")), { timeout: 20_000 }).toBe(true);
    child.kill("SIGINT");
    await expect.poll(() => heard.includes("interrupted"), { timeout: 10_000 }).toBe(true);
    // Not a third and no more: signals of one kind that wait to be delivered are one, and an exit begun hears none.
    await expect.poll(() => {
      child.kill("SIGINT");
      return child.signalCode;
    }, { timeout: 20_000 }).toBe("SIGINT");
    await ended;
  });

  it("goes on when nobody hears what it says", async ({ commands }) => {
    const { child, ended } = commands.start("node", run("--task", "odd", "-o", "out"), { text: upTo(200) });
    child.stderr?.once("data", () => child.stderr?.destroy());
    expect(await ended).toMatchObject({ code: 1 });
    expect(commands.read("out").split("\n")).toHaveLength(201);
  });

  it("tells of what was thrown and is no error, whatever it is", async ({ commands }) => {
    commands.write("throws.mjs", "export default (thrown) => { throw thrown; };");
    const { code, stdout } = await commands.run("node", ["run", "throws.mjs", "-q"], {
      text: '"text"\n{"toString":1}\n{"message":"hello","code":"X"}\nnull\n',
    });
    expect(code).toBe(1);
    expect(parsed(stdout).map((line) => (line as { error: { message: string } }).error.message)).toEqual([
      "not an Error was thrown: text",
      "not an Error was thrown: { toString: 1 }",
      "not an Error was thrown: { message: 'hello', code: 'X' }",
      "not an Error was thrown: null",
    ]);
  });

  it("says that an answer can't be written as JSON, and goes on", async ({ commands }) => {
    const { code, stdout } = await commands.run("bun", run("--task", "map"), { text: "1\n2\n" });
    expect(code).toBe(1);
    const error = { name: "TypeError", message: "the answer can't be written as JSON: it is a Map" };
    expect(parsed(stdout)).toEqual([{ index: 0, at: "stdin:1", error }, { index: 1, at: "stdin:2", error }]);
  });
});
