import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect } from "vitest";
import { stripsTypes } from "../conformance/kit.ts";
import { HOSTS, it } from "./commands.ts";

describe.concurrent.each(HOSTS)("bench on %s", { timeout: 60_000 }, (host) => {
  it("measures every pool, and says which is best", async ({ commands }) => {
    commands.write("samples", "1\n2\n");
    const args = ["bench", "worker.mjs", "--input", "samples", "--seconds", "0.05"];
    const { code, stdout, stderr } = await commands.run(host, args);
    expect(stderr).toMatch(/^1 process …\n[^]*^1 thread …\n/m);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^isolation +workers +jobs\/s +p50 ms +p99 ms +memory MB +failed\nprocess +1 /);
    expect(stdout).toMatch(/\n\nisolation: "(process|thread)" with maxWorkers: \d+ serves it best: .*\.\n$/);
  });
});

describe("bench", { timeout: 60_000 }, () => {
  it("gives its figures as JSON, and counts what fails", async ({ commands }) => {
    commands.write("samples", "1\n2\n");
    const args = ["bench", "worker.mjs", "--input", "samples", "--task", "odd", "--seconds", "0.05", "--json"];
    const { code, stdout } = await commands.run("node", args);
    expect(code).toBe(1);
    const { pools, best } = JSON.parse(stdout);
    expect(pools).toContainEqual(best);
    expect(pools[0]).toMatchObject({
      isolation: "process",
      workers: 1,
      p50: expect.any(Number),
      memory: expect.any(Number),
    });
    for (const { jobs, failed } of pools) expect(Math.min(jobs, failed)).toBeGreaterThan(0);
  });

  it("says why a module can't be measured", async ({ commands }) => {
    const { code, stderr } = await commands.run("node", ["bench", "worker.mjs", "--task", "nope", "--seconds", "0.05"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^not in a process: every job failed\n {2}task must be a function .* got "nope"/m);
    expect(stderr).toMatch(/^error: the module could not be measured\n$/m);
    const both = await commands.run("node", ["bench", "worker.mjs", "--args", "1", "--input", "x"]);
    expect(both).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("cannot be used with option '--input <file>'"),
    });
  });
});

describe.concurrent.each(HOSTS)("init on %s", (host) => {
  it("says how to go to a folder, whatever its name", async ({ commands }) => {
    const name = `-a $b 'c' "d" \`e\``;
    const { stdout, stderr } = await commands.run(host, ["init", "--", name]);
    const line = /^ {2}(cd .+)$/m.exec(stdout)?.[1];
    expect(line, stderr).toBeDefined();
    const went = spawnSync("sh", ["-c", `${line} && pwd`], { cwd: commands.folder, encoding: "utf8" });
    expect(went.stdout).toBe(`${join(realpathSync(commands.folder), name)}\n`);
  });

  it("writes a worker and a program, says what to do next, and overwrites nothing", async ({ commands }) => {
    const extension = host !== "node" ? ".ts" : stripsTypes ? ".mts" : ".mjs";
    const first = await commands.run(host, ["init", "new"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(
      /^wrote worker\.m?[tj]s and main\.m?[tj]s; next:\n\n {2}cd new\n(?: {2}.* compute-cluster\n)?/,
    );
    const [worker, main] = ["worker", "main"].map((name) =>
      readFileSync(join(commands.folder, "new", `${name}${extension}`), "utf8")
    );
    expect(main).toContain(`new URL("./worker${extension}", import.meta.url)`);

    // The worker works.
    const run = await commands.run(host, ["run", `new/worker${extension}`, "--values", "-q"], {
      text: '{"digits":20}\n',
    });
    expect(run).toEqual({ code: 0, stdout: '"314159265358979323846"\n', stderr: "" });

    commands.write(`new/worker${extension}`, "mine");
    const second = await commands.run(host, ["init", "new"]);
    expect(second).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: worker\.\w+ and main\.\w+ in .*new would be overwritten/),
    });
    expect(commands.read(`new/worker${extension}`)).toBe("mine");
    expect(worker).toContain("export default");
  });
});

describe("init", () => {
  it.runIf(process.platform === "linux")("ends where no folder can be made", async ({ commands }) => {
    const { code, stderr } = await commands.run("node", ["init", "/proc/no/such"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: can't write into \/proc\/no\/such: /);
  });

  it("names files as the package they are in asks for", async ({ commands }) => {
    mkdirSync(join(commands.folder, "in/deep"), { recursive: true });
    commands.write("in/package.json", '{ "type": "module" }');
    expect(await commands.run("node", ["init", "in/deep"])).toMatchObject({ code: 0 });
    expect(existsSync(join(commands.folder, `in/deep/main.${stripsTypes ? "ts" : "js"}`))).toBe(true);
  });
});
