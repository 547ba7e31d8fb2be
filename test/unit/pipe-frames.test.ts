import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BrokenPipeFrame, FrameReader, NO_KEY, writeFrame } from "../../src/wire/pipe-frames.ts";

const KEY = "0a1b2c3d";

/** What a reader makes of bytes that come in pieces of these sizes. */
function readIn(pieces: readonly number[], bytes: Uint8Array, reader = new FrameReader(KEY)): unknown[] {
  const frames: unknown[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = Math.max(1, pieces[i % pieces.length] ?? bytes.length);
    frames.push(...reader.read(bytes.subarray(at, at + size)));
    at += size;
  }
  return frames;
}

function join(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true });

// The pipe is Node's alone; Bun has no serializer to write for it (1.4.5, https://bun.sh/docs/runtime/nodejs-apis#node-v8).
describe.skipIf("Bun" in globalThis)("frames on a pipe", () => {
  it("come out as they went in, however the bytes are cut (property)", () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(fc.array(anything, { maxLength: 4 }), pieces, (values, sizes) => {
      const bytes = join(values.map((value) => writeFrame({ value }, KEY, "advanced")));
      expect(readIn(sizes, bytes)).toEqual(values.map((value) => ({ value })));
    }));
  });

  it("carry JSON, too, in one stream with the other format (property)", () => {
    fc.assert(fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 30 }), (value, size) => {
      const bytes = join([writeFrame({ value }, KEY, "json"), writeFrame(1n, KEY, "advanced")]);
      expect(readIn([size], bytes)).toEqual([JSON.parse(JSON.stringify({ value })), 1n]);
    }));
  });

  it("end in one kind of error for whatever else is read (property)", () => {
    const junk = fc.uint8Array({ minLength: 16, maxLength: 200 });
    fc.assert(fc.property(junk, fc.integer({ min: 1, max: 50 }), (bytes, size) => {
      // What begins with the key of another worker, or with none, is junk; a head without a key may announce a short frame.
      try {
        expect(readIn([size], bytes)).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(BrokenPipeFrame);
      }
    }));
  });

  it("are refused when their payload is damaged (property)", () => {
    fc.assert(fc.property(anything, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, where, change) => {
      const bytes = writeFrame({ value }, KEY, "advanced");
      const at = 12 + (where % (bytes.length - 12));
      bytes[at] = bytes[at]! ^ change;
      try {
        readIn([], bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(BrokenPipeFrame);
      }
    }));
  });

  it.each([
    ["text", () => new TextEncoder().encode("<<this is no frame>>\n")],
    ["another worker's frame", () => writeFrame({ a: 1 }, "ffffffff", "advanced")],
    ["a long frame without a key", () => new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 127, 0, 0, 0, 0])],
  ])("%s is refused as soon as its head is there", (_name, make) => {
    const bytes = make();
    const reader = new FrameReader(KEY);
    expect([...reader.read(bytes.subarray(0, 15))]).toEqual([]);
    expect(() => [...reader.read(bytes.subarray(15, 16))]).toThrow(BrokenPipeFrame);
  });

  it("are taken without a key when they are short: they tell why a module could not be loaded", () => {
    expect(readIn([], writeFrame({ type: "fatal" }, NO_KEY, "advanced"))).toEqual([{ type: "fatal" }]);
  });

  it("keep nothing of their neighbours in the memory of their arrays", () => {
    const bytes = join([
      writeFrame(["SECRET"], KEY, "advanced"),
      writeFrame([new Uint8Array([1, 2, 3])], KEY, "advanced"),
    ]);
    const [, [array]] = readIn([], bytes) as [unknown, [Uint8Array]];
    expect(array).toEqual(new Uint8Array([1, 2, 3]));
    expect(new TextDecoder().decode(new Uint8Array(array.buffer))).not.toContain("SECRET");
  });

  it("throw what structured clone throws, before anything is written", () => {
    expect(() => writeFrame({ f() {} }, KEY, "advanced")).toThrow(/could not be cloned/);
    expect(() => writeFrame({ n: 1n }, KEY, "json")).toThrow(TypeError);
  });
});
