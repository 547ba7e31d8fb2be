import { Buffer } from "node:buffer";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkPlan, NOTHING_DONE, type Plan, readJournal, type State, writeJournal } from "../../src/cli/journal.ts";
import { Ranges } from "../../src/cli/ranges.ts";
import { Results } from "../../src/cli/results.ts";
import { FileSink, type Sink } from "../../src/cli/sinks.ts";

/** A file in memory, whose writes and syncs the test may hold up or break. */
class Memory implements Sink {
  text = "";
  /** What survives the machine. */
  synced = "";
  before: () => Promise<void> = () => Promise.resolve();
  /** How often it was begun. */
  begun = 0;

  get size(): number {
    return Buffer.byteLength(this.text);
  }

  async begin(): Promise<void> {
    this.begun++;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.begun !== 1) throw new Error("written before it was begun");
    await this.before();
    this.text += Buffer.from(bytes).toString();
  }

  async sync(): Promise<void> {
    await this.before();
    this.synced = this.text;
  }

  async close(): Promise<void> {}
}

const LINE = Buffer.from("input");
const never = (error: Error): never => {
  throw error;
};

function folder(): string {
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe("Results", () => {
  it("at every moment what the journal names is on disk, and nothing but that before its offsets", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.nat(3))), fc.scheduler(), async (jobs, s) => {
        const output = new Memory();
        const failed = new Memory();
        output.before = failed.before = () => s.schedule(Promise.resolve());
        const results = new Results({
          output,
          failed,
          from: NOTHING_DONE,
          read: () => ({ jobs: jobs.length, sha256: "" }),
          broken: never,
          journal: async (state) => {
            await s.schedule(Promise.resolve());
            const done = new Ranges(state.done);
            const inOutput = output.synced.slice(0, state.outputBytes).split("\n").slice(0, -1).map(Number);
            expect([...inOutput].sort((a, b) => a - b)).toEqual(jobs.map((_, i) => i).filter((i) => done.has(i)));
            const inFailed = failed.synced.slice(0, state.failedBytes).split("\n").length - 1;
            expect(inFailed).toBe(jobs.filter(([fails], i) => fails && done.has(i)).length);
            expect(state.failed).toBe(inFailed);
            last = state;
          },
        });
        let last: State = NOTHING_DONE;
        // Some jobs end in one turn, some later.
        const adding = (async () => {
          for (const [index, [fails, turns]] of jobs.entries()) {
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            results.add(index, `${index}\n`, fails ? { line: LINE } : null);
          }
        })();
        await s.waitFor(adding.then(() => results.end(true)));
        expect(new Ranges(last.done).size).toBe(jobs.length);
        expect(last.outputBytes).toBe(output.size);
      }),
      { numRuns: 200 },
    );
  });

  it("asks to wait while much is to be written", async () => {
    const output = new Memory();
    let go = (): void => {};
    output.before = () => new Promise((resolve) => go = resolve);
    const results = new Results({
      output,
      failed: null,
      from: NOTHING_DONE,
      read: () => ({ jobs: 0, sha256: "" }),
      journal: null,
      broken: never,
    });
    results.add(0, "a\n", null);
    expect(results.room()).toBeNull();
    await new Promise((resolve) => setImmediate(resolve));
    results.add(1, "b".repeat(2 * 1024 * 1024), null);
    const room = results.room();
    expect(room).not.toBeNull();
    go();
    await room;
    expect(results.room()).toBeNull();
    go();
    await results.end(true);
    expect(output.size).toBe(2 * 1024 * 1024 + 2);
  });

  it("has a journal before the first byte is written, or anything is let go of", async () => {
    const output = new Memory();
    const journals: (readonly [State, boolean, string])[] = [];
    const results = new Results({
      output,
      failed: null,
      from: NOTHING_DONE,
      read: () => ({ jobs: 1, sha256: "" }),
      journal: (state, isFirst) =>
        Promise.resolve(void journals.push([state, isFirst, `${output.begun} ${output.text}`])),
      broken: never,
    });
    results.add(0, "a\n", null);
    await results.end(true);
    expect(journals[0]).toEqual([NOTHING_DONE, true, "0 "]);
    expect(journals.slice(1).map(([, isFirst, then]) => [isFirst, then])).toEqual([[false, "1 a\n"]]);
  });

  it("tells once that nothing can be written any more, and ends all the same", async () => {
    const output = new Memory();
    output.before = () => Promise.reject(new Error("disk full"));
    const told: string[] = [];
    const results = new Results({
      output,
      failed: null,
      from: NOTHING_DONE,
      read: () => ({ jobs: 0, sha256: "" }),
      journal: (_, isFirst) => isFirst ? Promise.resolve() : Promise.reject(new Error("not to be written")),
      broken: (error) => told.push(error.message),
    });
    results.add(0, "a\n", null);
    await new Promise((resolve) => setImmediate(resolve));
    results.add(1, "b\n", null);
    await results.end(true);
    expect(told).toEqual(["disk full"]);
    expect(output.text).toBe("");
  });

  it.each([[true, 1], [false, 0]])(
    "of no job: what was there before goes if they are all (%s)",
    async (isWhole, begun) => {
      const [output, failed] = [new Memory(), new Memory()];
      const parts = { from: NOTHING_DONE, read: () => ({ jobs: 0, sha256: "" }), journal: null, broken: never };
      await new Results({ output, failed, ...parts }).end(isWhole);
      expect([output.begun, failed.begun]).toEqual([begun, begun]);
    },
  );
});

describe("FileSink", () => {
  it("cuts off what is behind the offset, and writes on from there", async () => {
    const path = join(folder(), "out");
    writeFileSync(path, "one\ntwo\nthr");
    const sink = await FileSink.open(path, 8);
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\nthr");
    await sink.begin();
    await sink.write(Buffer.from("drei\n"));
    await sink.close();
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\ndrei\n");
    expect(sink.size).toBe(13);
  });

  it("begins anew at 0", async () => {
    const path = join(folder(), "out");
    writeFileSync(path, "old");
    const sink = await FileSink.open(path, 0);
    expect(readFileSync(path, "utf8")).toBe("old");
    await sink.begin();
    await sink.close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("refuses a file that is shorter, and leaves it", async () => {
    const path = join(folder(), "out");
    writeFileSync(path, "one\n");
    await expect(FileSink.open(path, 8)).rejects.toThrow(/can't resume: .*out has 4 bytes, and had 8/);
    expect(readFileSync(path, "utf8")).toBe("one\n");
    await expect(FileSink.open(join(path, "x"), 0)).rejects.toThrow(/^can't write .*out/);
  });
});

const PLAN: Plan = {
  module: "/w.js",
  task: null,
  input: "ndjson",
  output: "/out",
  failedFile: null,
  unordered: false,
  values: false,
  setupData: null,
};

describe("journal", () => {
  it("is read as it was written, and leaves no other file", async () => {
    const path = join(folder(), "journal");
    expect(await readJournal(path)).toBeNull();
    const state = { ...NOTHING_DONE, read: { jobs: 9, sha256: "ab" }, done: [[0, 3], [5, 5]] as const, outputBytes: 7 };
    await writeJournal(path, { plan: PLAN, state: NOTHING_DONE });
    await writeJournal(path, { plan: PLAN, state });
    expect(await readJournal(path)).toMatchObject({ plan: PLAN, state });
    expect(readdirSync(join(path, ".."))).toEqual(["journal"]);
  });

  it("is refused when it is something else", async () => {
    const path = join(folder(), "journal");
    for (const text of ["", "{", "null", "1", '{"a":1}']) {
      writeFileSync(path, text);
      await expect(readJournal(path)).rejects.toThrow("is not a journal of this command");
    }
    writeFileSync(path, '{"of":"compute-cluster run","version":2}');
    await expect(readJournal(path)).rejects.toThrow("is of another version of this command (2)");
  });

  it("refuses another plan, naming what differs", () => {
    checkPlan(PLAN, { ...PLAN });
    expect(() => checkPlan(PLAN, { ...PLAN, task: "b" })).toThrow("can't resume: --task was not given, and is b");
    expect(() => checkPlan(PLAN, { ...PLAN, unordered: true })).toThrow("--unordered was false, and is true");
    expect(() => checkPlan(PLAN, { ...PLAN, module: "/v.js" })).toThrow("the module was /w.js, and is /v.js");
  });
});
