import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootstrapUrl } from "../../runtimes/bootstrap-url.ts";
import { OwnFrames } from "../../runtimes/own-frames.ts";
import { bootstrap } from "../../src/worker/bootstrap.generated.ts";

const URL = bootstrapUrl({ bootstrap });

/** What is left of a text that comes in pieces of these sizes. */
function cut(text: string, pieces: readonly number[] = [text.length]): string {
  const frames = new OwnFrames({ bootstrap });
  const bytes = Buffer.from(text);
  const kept: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = pieces[i % pieces.length] ?? 1;
    kept.push(frames.cut(bytes.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat([...kept, frames.release()]).toString();
}

describe("the bootstrap's URL in what a worker writes to stderr", () => {
  it("is cut to a name, line by line", () => {
    const text = `hello\n1: work (file:///w.mjs:1:2)\n2: run (${URL}:1:20)\n3: ${URL}:1:7\nend`;
    const name = "compute-cluster-worker.js …";
    expect(cut(text)).toBe(`hello\n1: work (file:///w.mjs:1:2)\n2: run (${name}\n3: ${name}\nend`);
  });

  it.each(["", "data:", "data:text/javascript,1", "Loading data:text/javascript,impor", "é".repeat(9_000)])(
    "leaves %j alone",
    (text) => expect(cut(text, [3])).toBe(text),
  );

  it("is cut wherever the chunks end (property)", () => {
    const part = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom(URL, URL.slice(0, 30), "\n", "data:text/"));
    const pieces = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), pieces, (parts, sizes) => {
        const text = parts.join("");
        expect(cut(text, sizes)).toBe(cut(text));
        expect(cut(text)).not.toContain(URL.slice(0, 60));
      }),
    );
  });

  it("is not waited for once that is released", () => {
    const frames = new OwnFrames({ bootstrap });
    expect([frames.cut(Buffer.from("Loaded")).toString(), frames.release().toString()]).toEqual(["Loade", "d"]);
    expect(frames.cut(Buffer.from("ata:")).toString()).toBe("ata:");
  });
});
