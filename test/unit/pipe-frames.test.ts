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
    reader.read(bytes.subarray(at, at + size), (frame) => frames.push(frame));
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

/** The bytes of one frame. */
const frameBytes = (...of: Parameters<typeof writeFrame>): Uint8Array => join(writeFrame(...of));

/** Arrays that travel beside their value, and one byte less. */
const sizes = [16_384, 16_383, 100_000];
const kinds = [
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
  DataView,
] as const;

/** An array of that kind and about that size, in the middle of some memory. */
function arrayOf(Kind: typeof kinds[number], size: number): ArrayBufferView {
  const memory = new Uint8Array(size + 64).fill(7);
  for (let i = 0; i < size; i += 97) memory[i] = i;
  const each = "BYTES_PER_ELEMENT" in Kind ? Kind.BYTES_PER_ELEMENT : 1;
  const View = Kind as new (memory: ArrayBuffer, at: number, length: number) => ArrayBufferView;
  return new View(memory.buffer, 16, Math.floor(size / each));
}

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true });

// The pipe is Node's alone; Bun has no serializer to write for it (1.4.5, https://bun.sh/docs/runtime/nodejs-apis#node-v8).
describe.skipIf("Bun" in globalThis)("frames on a pipe", () => {
  it("come out as they went in, however the bytes are cut (property)", () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(fc.array(anything, { maxLength: 4 }), pieces, (values, sizes) => {
      const bytes = join(values.map((value) => frameBytes({ value }, KEY, "advanced")));
      expect(readIn(sizes, bytes)).toEqual(values.map((value) => ({ value })));
    }));
  });

  it("carry JSON, too, in one stream with the other format (property)", () => {
    fc.assert(fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 30 }), (value, size) => {
      const bytes = join([frameBytes({ value }, KEY, "json"), frameBytes(1n, KEY, "advanced")]);
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
      const bytes = frameBytes({ value }, KEY, "advanced");
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
    ["another worker's frame", () => frameBytes({ a: 1 }, "ffffffff", "advanced")],
    ["a long frame without a key", () => new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 127, 0, 0, 0, 0])],
  ])("%s is refused as soon as its head is there", (_name, make) => {
    const bytes = make();
    const reader = new FrameReader(KEY);
    const take = (): never => expect.unreachable();
    reader.read(bytes.subarray(0, 15), take);
    expect(() => reader.read(bytes.subarray(15, 16), take)).toThrow(BrokenPipeFrame);
  });

  it("come with the next chunk if whoever took the one before has thrown", () => {
    const bytes = join([1, 2, 3].map((n) => frameBytes({ n }, KEY, "json")));
    const reader = new FrameReader(KEY);
    const taken: unknown[] = [];
    const take = (frame: unknown): void => {
      taken.push(frame);
      if (taken.length === 1) throw new Error("a listener's");
    };
    expect(() => reader.read(bytes, take)).toThrow("a listener's");
    reader.read(new Uint8Array(0), take);
    expect(taken).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("come out as they went in if the memory of chunks is used again, also after a throw (property)", () => {
    const piece = fc.integer({ min: 1, max: 200 });
    const frames = fc.array(fc.record({ value: anything, throws: fc.boolean() }), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(frames, fc.array(piece, { minLength: 1, maxLength: 5 }), (sent, pieces) => {
      const bytes = join(sent.map(({ value }) => frameBytes({ value }, KEY, "advanced")));
      const reader = new FrameReader(KEY);
      const taken: unknown[] = [];
      const take = (frame: unknown): void => {
        taken.push((frame as { value: unknown }).value);
        if (sent[taken.length - 1]?.throws) throw new RangeError("a listener's");
      };
      const memory = new Uint8Array(200);
      const read = (chunk: Uint8Array): void => {
        memory.set(chunk);
        try {
          reader.read(memory.subarray(0, chunk.length), take);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
        reader.keepCopy();
        memory.fill(255);
      };
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const chunk = bytes.subarray(at, at + (pieces[i % pieces.length] ?? 1));
        at += chunk.length;
        read(chunk);
      }
      while (taken.length < sent.length) read(new Uint8Array(0));
      expect(taken).toEqual(sent.map(({ value }) => value));
    }));
  });

  it("with answers are the same if the module has given all objects a toJSON", () => {
    const frame = { type: "answers:text", key: KEY, text: '[[1,0,"a\\"b",5]]', memory: 7 };
    const prototype = Object.prototype as { toJSON?: unknown };
    prototype.toJSON = () => "polluted";
    try {
      const bytes = frameBytes(frame, KEY, "advanced");
      delete prototype.toJSON;
      expect(readIn([], bytes)).toEqual([frame]);
    } finally {
      delete prototype.toJSON;
    }
  });

  it("are taken without a key when they are short: they tell why a module could not be loaded", () => {
    expect(readIn([], frameBytes({ type: "fatal" }, NO_KEY, "advanced"))).toEqual([{ type: "fatal" }]);
  });

  it("keep nothing of their neighbours in the memory of their arrays", () => {
    const bytes = join([
      frameBytes(["SECRET"], KEY, "advanced"),
      frameBytes([new Uint8Array([1, 2, 3])], KEY, "advanced"),
    ]);
    const [, [array]] = readIn([], bytes) as [unknown, [Uint8Array]];
    expect(array).toEqual(new Uint8Array([1, 2, 3]));
    expect(new TextDecoder().decode(new Uint8Array(array.buffer))).not.toContain("SECRET");
  });

  it.each(kinds.map((Kind) => [Kind.name, Kind] as const))(
    "give every %s memory of its own, of just its bytes, whatever the size",
    (_name, Kind) => {
      const values = sizes.flatMap((size) => [{ array: arrayOf(Kind, size), size }, "between"]);
      const bytes = join(values.map((value) => frameBytes([value, value], KEY, "advanced")));
      const frames = readIn([65_536], bytes) as [{ array: ArrayBufferView }, unknown][];
      expect(frames).toEqual(values.map((value) => [value, value]));
      for (const [{ array }] of frames) {
        if (array) expect([array.byteOffset, array.buffer.byteLength]).toEqual([0, array.byteLength]);
      }
      // One object twice is one object.
      expect(frames[0]![0]).toBe(frames[0]![1]);
    },
  );

  it("tell a Buffer, large or small, from other bytes, and shared memory is copied", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(20_000)).fill(3);
    const [read] = readIn([], frameBytes([Buffer.from("hi"), Buffer.alloc(20_000, 1), shared], KEY, "advanced")) as [
      [Buffer, Buffer, Uint8Array],
    ];
    expect([Buffer.isBuffer(read[0]), Buffer.isBuffer(read[1]), Buffer.isBuffer(read[2])]).toEqual([true, true, false]);
    expect([read[0].toString(), read[1].equals(Buffer.alloc(20_000, 1))]).toEqual(["hi", true]);
    expect(read[2]).toEqual(new Uint8Array(20_000).fill(3));
    expect(read[2].buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("come out as they went in with large arrays among small values (property)", () => {
    const large = fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...sizes)).map(([Kind, size]) =>
      arrayOf(Kind, size)
    );
    const value = fc.array(fc.oneof(large, anything), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), fc.integer({ min: 1000, max: 70_000 }), (values, size) => {
        const bytes = join(values.map((each) => frameBytes({ each }, KEY, "advanced")));
        expect(readIn([size], bytes)).toEqual(values.map((each) => ({ each })));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["the value's length", 16],
    ["the frame's length", 8],
  ])("are refused when %s is a lie about what stands beside it", (_name, at) => {
    for (const change of [-1, 1, 8]) {
      const bytes = frameBytes([new Uint8Array(20_000)], KEY, "advanced");
      const lying = Buffer.from(bytes);
      lying.writeUInt32LE(lying.readUInt32LE(at) + change, at);
      expect(() => readIn([], Buffer.concat([lying, Buffer.alloc(16)]))).toThrow(BrokenPipeFrame);
    }
  });

  it("throw what structured clone throws, before anything is written", () => {
    expect(() => writeFrame({ f() {} }, KEY, "advanced")).toThrow(/could not be cloned/);
    expect(() => writeFrame({ n: 1n }, KEY, "json")).toThrow(TypeError);
  });
});
