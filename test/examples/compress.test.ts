import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect } from "vitest";
import { until } from "../conformance/kit.ts";
import { HOSTS, it, type Programs, type Start } from "./programs.ts";

/** Text of 100 kB that does not compress too well. */
const TEXT = Array.from({ length: 20_000 }, (_, i) => ((i * 7919) % 9973).toString(36).padStart(4, " ")).join("\n")
  .padEnd(100_000);

/** A folder of texts by their paths. */
function folderOf(programs: Programs, files: Readonly<Record<string, string>>): string {
  const folder = programs.folder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

describe.each(HOSTS)("examples/compress on %s", (host) => {
  /** The example on a folder. */
  function compress(folder: string, ...args: string[]): Start {
    const out = args.includes("--out") ? args[args.indexOf("--out") + 1] as string : null;
    const read = ["examples/compress", folder, ...(out === null ? [] : [out])];
    const rights = [`--allow-read=${read.join(",")}`, ...(out === null ? [] : [`--allow-write=${out}`])];
    return { host, rights, file: "compress/main.ts", args: [folder, "--workers", "2", ...args] };
  }

  it("compresses each file once into another tree, and reports", async ({ programs }) => {
    const files = { "a.txt": TEXT, "b/c.txt": TEXT, "b/d/e.txt": TEXT, "b/empty": "" };
    const folder = folderOf(programs, files);
    symlinkSync(join(folder, "a.txt"), join(folder, "link"));
    const out = join(programs.folder(), "new", "folder");

    const { code, stdout, stderr } = await programs.run(compress(folder, "--quality", "5", "--out", out));

    expect(stderr).toMatch(/^100 % {2}\d of 4 files$/m);
    expect(stdout).toMatch(/^files {5}4, each decompressed again and compared$/m);
    expect(stdout).toMatch(/^bytes {5}0\.3 MB before, \d+\.\d [kM]B after \(\d+\.\d %\)$/m);
    expect(stdout).toMatch(/^seconds {3}\d+\.\d with 2 workers at quality 5/m);
    expect(stdout).toMatch(/^speed-up {2}\d+\.\d\d times \(main thread: \d+\.\d s for 1 of the files, 0\.1 MB;/m);
    expect(code).toBe(0);
    expect(filesIn(out)).toEqual(Object.keys(files).map((name) => join(out, `${name}.br`)));
    for (const [name, text] of Object.entries(files)) {
      expect(brotliDecompressSync(readFileSync(join(out, `${name}.br`))).toString()).toBe(text);
      expect(readFileSync(join(folder, name), "utf8")).toBe(text);
    }
  });

  it("goes on after a file that fails, lists it, and exits with 1", async ({ programs }) => {
    const folder = folderOf(programs, { "a.txt": TEXT, "b.txt": TEXT, "c.txt": TEXT });
    const out = programs.folder();
    mkdirSync(join(out, "b.txt.br"));

    const { code, stdout, stderr } = await programs.run(
      compress(folder, "--workers", "1", "--quality", "1", "--out", out, "--full-baseline"),
    );

    expect(code).toBe(1);
    expect(stdout).toMatch(/^files {5}2,/m);
    expect(stdout).toMatch(/^speed-up .* the same files\)$/m);
    expect(stderr).toMatch(/^failed {4}1:\n {2}.*b\.txt: /m);
    expect(filesIn(out)).toEqual([join(out, "a.txt.br"), join(out, "c.txt.br")]);
  });

  // Windows has no signals.
  it.runIf(process.platform !== "win32")(
    "stops on Ctrl-C, says how far it came, and leaves no worker",
    async ({ programs }) => {
      const folder = folderOf(programs, Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}.txt`, TEXT])));
      const program = programs.start(compress(folder, "--workers", "1"));
      await program.output(/^ 10 %/m);
      program.signalAll("SIGINT");

      const { code, stdout } = await program.ended;

      expect(code).toBe(130);
      const done = Number(/^interrupted after (\d+) of 60 files$/m.exec(stdout)?.[1]);
      expect(done).toBeGreaterThanOrEqual(6);
      expect(done).toBeLessThan(60);
      expect(stdout).not.toContain("speed-up");
      await until(() => !program.signalAll(0));
    },
  );
});

describe("examples/compress", () => {
  const wrong = (...args: string[]): Start => ({ host: "bun", rights: [], file: "compress/main.ts", args });

  it("exits with 2 when there is nothing that it can do", async ({ programs }) => {
    const empty = programs.folder();
    expect(await programs.run(wrong(empty))).toEqual({
      code: 2,
      stdout: "",
      stderr: `there are no files in ${empty}\n`,
    });
    const missing = await programs.run(wrong(join(empty, "missing")));
    expect(missing).toMatchObject({ code: 2, stdout: "" });
    expect(missing.stderr).toMatch(/^ENOENT: .*missing/);
  });

  it("refuses arguments that it does not understand", async ({ programs }) => {
    for (
      const [args, message] of [
        [["--quality", "12"], '--quality must be an integer from 0 to 11, got "12"\n'],
        [["--isolation", "cell"], '--isolation must be process or thread, got "cell"\n'],
        [["a", "b"], "one folder at a time, got 2: a, b\n"],
      ] as const
    ) {
      expect(await programs.run(wrong(...args))).toEqual({ code: 2, stdout: "", stderr: message });
    }
  });

  it("refuses to write into the folder that it reads, and to read from the one that it writes to", async ({ programs }) => {
    const folder = folderOf(programs, { "a/b.txt": TEXT });
    for (const args of [[folder, "--out", join(folder, "out")], [join(folder, "a"), "--out", folder]]) {
      expect((await programs.run(wrong(...args))).stderr).toMatch(/^--out must be apart/);
    }
    expect(filesIn(folder)).toEqual([join(folder, "a", "b.txt")]);
  });
});
