import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Chunks } from "../../src/cli/chunks.ts";
import { type InputFormat, type Job, readJobs } from "../../src/cli/read-jobs.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "compute-cluster-test-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Each job as its index, its place without the folder, and its arguments or what is wrong. */
async function read(format: InputFormat, ...files: string[]): Promise<[number, string, unknown][]> {
  const jobs = readJobs(format, files);
  const found: [number, string, unknown][] = [];
  for (let job = await jobs.next(); job; job = await jobs.next()) {
    found.push([job.index, job.place.replace(join(folder, "/"), ""), argsOf(job)]);
  }
  return found;
}

const argsOf = (job: Job): unknown => job.ok ? job.args : job.error.message.replace(/(?<=not JSON:).*/, "");

describe("readJobs", () => {
  it("reads lines of JSON: without a last end, with returns, after a mark, and not what is empty", async () => {
    const path = file("a", '\ufeff{"r":1}\r\n\n \t\r\n[2]\n"three"');
    expect(await read("ndjson", path)).toEqual([[0, "a:1", { r: 1 }], [1, "a:4", [2]], [2, "a:5", "three"]]);
  });

  it("tells of a line that is no job where it stands, and goes on", async () => {
    const path = file(
      "a",
      Buffer.concat([
        Buffer.from("1\n".repeat(16) + '{"r":\n'),
        Buffer.from([0x22, 0xff, 0x22, 10]),
        Buffer.from("2\n"),
      ]),
    );
    expect((await read("ndjson", path)).slice(15)).toEqual([
      [15, "a:16", 1],
      [16, "a:17", "the line is not JSON:"],
      [17, "a:18", "the line is not UTF-8"],
      [18, "a:19", 2],
    ]);
  });

  it("reads lines as strings, but for the empty ones", async () => {
    expect(await read("lines", file("a", "x\n\n y \r\n"))).toEqual([[0, "a:1", "x"], [1, "a:3", " y "]]);
  });

  it("counts lines by file, and jobs over all of them", async () => {
    expect(await read("lines", file("a", "x"), file("b", ""), file("c", "y\nz\n"))).toEqual([
      [0, "a:1", "x"],
      [1, "c:1", "y"],
      [2, "c:2", "z"],
    ]);
  });

  it("takes names of files as they are, which need not be there", async () => {
    expect(await read("files", "a.jpg", "b.jpg")).toEqual([[0, "a.jpg", "a.jpg"], [1, "b.jpg", "b.jpg"]]);
  });

  it("keeps the line of a job as it was", async () => {
    const job = await readJobs("ndjson", [file("a", ' {"ä" : 1}\r\n')]).next();
    expect(Buffer.from(job?.line ?? []).toString()).toBe(' {"ä" : 1}');
  });

  it("reads lines longer than what is read at once", async () => {
    const long = "ü".repeat(1e6);
    expect(await read("ndjson", file("a", `${JSON.stringify(long)}\n1`))).toEqual([[0, "a:1", long], [1, "a:2", 1]]);
  });

  it("knows how much there is", () => {
    expect(readJobs("lines", [file("a", "x\n"), file("b", "yy\n")]).total).toBe(5);
    expect(readJobs("files", ["a", "b"]).total).toBe(2);
  });

  it("gives nothing more once it is stopped", async () => {
    const jobs = readJobs("lines", [file("a", "x\ny\n")]);
    expect(await jobs.next()).toMatchObject({ args: "x" });
    jobs.stop();
    expect(await jobs.next()).toBeNull();
  });

  it("refuses what can't be read before anything is", () => {
    expect(() => readJobs("lines", [file("a", "x"), join(folder, "missing")])).toThrow(
      /^can't read the jobs in .*missing: ENOENT/,
    );
    expect(() => readJobs("lines", [folder])).toThrow(/^can't read the jobs in .*: it is a folder$/);
    expect(() => readJobs("lines", ["-", "-"])).toThrow("stdin (-) can be read only once");
    expect(() => readJobs("files", [])).toThrow("--input files needs names of files");
  });
});

describe("Chunks", () => {
  it("reads no further than it is asked to", async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const chunks = new Chunks(stream);
    stream.write("a");
    stream.write("b");
    expect(String(await chunks.next())).toBe("a");
    expect(stream.isPaused()).toBe(true);
    expect(String(await chunks.next())).toBe("b");
    stream.end();
    expect(await chunks.next()).toBeNull();
    expect(await chunks.next()).toBeNull();
  });

  it("can be stopped while it waits", async () => {
    const stream = new PassThrough();
    const chunks = new Chunks(stream);
    const next = chunks.next();
    chunks.stop();
    expect(await next).toBeNull();
    expect(stream.destroyed).toBe(true);
  });

  it("rejects with what the stream could not read", async () => {
    const stream = new PassThrough();
    const chunks = new Chunks(stream);
    stream.destroy(new Error("broken"));
    await expect(chunks.next()).rejects.toThrow("broken");
  });
});
