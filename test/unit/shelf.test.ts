import { Buffer } from "node:buffer";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader, shelve, writeFrame } from "../../src/wire/pipe-frames.ts";
import {
  LARGEST_SHELF,
  LEAST_SHELVED,
  type Place,
  placeIn,
  Shelf,
  ShelfReader,
  shelfSizeFor,
} from "../../src/wire/shelf.ts";

const SIZE = 4_194_304;

/** A place in memory that was never written to. */
class Memory implements Place {
  readonly bytes = new Uint8Array(4_096 + SIZE);
  /** What is thrown instead of writing. */
  full: Error | null = null;

  read(into: Uint8Array, at: number): void {
    into.set(this.bytes.subarray(at, at + into.length));
  }

  write(bytes: Uint8Array, at: number): void {
    if (this.full) throw this.full;
    this.bytes.set(bytes, at);
  }
}

/** Bytes that can be told from all others. */
function bytesOf(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 997) bytes[at] = seed + at;
  if (size > 0) bytes[size - 1] = seed;
  return bytes;
}

/** Not by `toEqual`, which looks at each byte for as long as at an object. */
const areEqual = (some: readonly (Uint8Array | ArrayBuffer)[], others: readonly Uint8Array[]): boolean =>
  some.length === others.length &&
  others.every((other, at) => Buffer.compare(new Uint8Array(some[at] as ArrayBuffer), other) === 0);

const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const size = fc.oneof(fc.nat(100), fc.nat(SIZE), fc.constantFrom(0, SIZE, SIZE / 2));

describe("A shelf", () => {
  it("gives back what was put there, whatever was put and taken before (property)", () => {
    const steps = fc.array(fc.oneof(fc.constant("take" as const), fc.array(size, { minLength: 1, maxLength: 3 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const memory = new Memory();
        const [shelf, reader] = [new Shelf(memory, SIZE), new ShelfReader(memory, SIZE)];
        const there: { at: number; parts: Uint8Array[]; size: number }[] = [];
        let [seed, bytes] = [0, 0];
        const take = (): void => {
          const next = there.shift();
          if (!next) return;
          const taken = reader.take(next.at, next.size, (parts) => next.parts.map(({ length }) => parts.copy(length)));
          expect(areEqual(taken, next.parts)).toBe(true);
          bytes -= next.size;
        };
        for (const step of all) {
          if (step === "take") {
            take();
            continue;
          }
          const parts = step.map((length) => bytesOf(length, ++seed));
          const total = parts.reduce((sum, { length }) => sum + length, 0);
          const at = shelf.put(parts);
          // With nothing there all that fits at all has room.
          if (there.length === 0) expect(at === null).toBe(total > SIZE);
          if (at === null) continue;
          there.push({ at, parts, size: total });
          bytes += total;
          expect(bytes).toBeLessThanOrEqual(SIZE);
        }
        while (there.length > 0) take();
      }),
      { numRuns: 25 },
    );
  });

  it("uses the memory at its start again once all was taken", () => {
    const memory = new Memory();
    const [shelf, reader] = [new Shelf(memory, SIZE), new ShelfReader(memory, SIZE)];
    const length = 80_000;
    for (let n = 0; n < 1_000; n++) {
      const at = shelf.put([bytesOf(length, n)]) as number;
      expect(areEqual([reader.take(at, length, (parts) => parts.copy(length))], [bytesOf(length, n)])).toBe(true);
    }
    expect(memory.bytes.subarray(4_096 + length).every((byte) => byte === 0)).toBe(true);
  });

  it("has no room until something was taken", () => {
    const memory = new Memory();
    const [shelf, reader] = [new Shelf(memory, SIZE), new ShelfReader(memory, SIZE)];
    const half = bytesOf(SIZE / 2, 1);
    const first = shelf.put([half]) as number;
    shelf.put([half]);
    expect(shelf.put([new Uint8Array(1)])).toBeNull();
    reader.take(first, half.length, () => {});
    expect(shelf.put([half, new Uint8Array(1)])).toBeNull();
    expect(shelf.put([half])).not.toBeNull();
  });

  it.each([
    ["more than was put", [1e12, 1e12]],
    ["what differs", [50_000, 0]],
    ["no number", [Number.NaN, Number.NaN]],
    ["less than before", [-1, -1]],
  ])("takes %s for no mark of how far it was taken", (_, marks) => {
    const memory = new Memory();
    const shelf = new Shelf(memory, SIZE);
    shelf.put([new Uint8Array(SIZE)]);
    memory.write(new Uint8Array(Float64Array.from(marks).buffer), 0);
    expect(shelf.put([new Uint8Array(1)])).toBeNull();
  });

  it.each([Number.NaN, -1, 0.5, 2 ** 53, SIZE - 99])("has nothing of 100 bytes at %f", (at) => {
    const memory = new Memory();
    expect(() => new ShelfReader(memory, SIZE).take(at, 100, () => expect.unreachable())).toThrow(RangeError);
  });

  it("counts what can't be read as taken", () => {
    const memory = new Memory();
    const [shelf, reader] = [new Shelf(memory, SIZE), new ShelfReader(memory, SIZE)];
    const at = shelf.put([new Uint8Array(SIZE)]) as number;
    expect(() =>
      reader.take(at, SIZE, () => {
        throw new TypeError("no value");
      })
    ).toThrow("no value");
    expect(shelf.put([new Uint8Array(SIZE)])).not.toBeNull();
  });

  it.each([
    [0, 0],
    [64 * 2 ** 20, 0],
    [128 * 2 ** 20, 2 ** 20],
    [700 * 2 ** 20, 4 * 2 ** 20],
    [2 ** 50, LARGEST_SHELF],
  ])("is as large as is proper where %i bytes are free: %i", (free, expected) => {
    expect(shelfSizeFor(free)).toBe(expected);
  });

  it("gives what was there, though there is no memory to write down that it was taken", () => {
    const memory = new Memory();
    const [shelf, reader] = [new Shelf(memory, SIZE), new ShelfReader(memory, SIZE)];
    const bytes = bytesOf(SIZE, 3);
    const at = shelf.put([bytes]) as number;
    memory.full = new Error("ENOSPC");
    expect(areEqual([reader.take(at, SIZE, (parts) => parts.copy(SIZE))], [bytes])).toBe(true);
    memory.full = null;
    expect(shelf.put([bytes])).toBeNull();
  });

  it("is no file that is closed", () => {
    let open = true;
    const place = placeIn(
      { readSync: () => expect.unreachable(), writeSync: (_, { length }) => length },
      () => {
        if (!open) throw new RangeError("closed");
        return 3;
      },
      0,
      SIZE,
      "host",
    );
    const [shelf, reader] = [new Shelf(place, SIZE), new ShelfReader(place, SIZE)];
    const at = shelf.put([new Uint8Array(9)]) as number;
    open = false;
    expect(() => reader.take(at, 9, (parts) => parts.take(9))).toThrow("closed");
    expect(shelf.put([new Uint8Array(9)])).toBeNull();
  });

  it("is not used any more when there is no memory for it", () => {
    const memory = new Memory();
    const shelf = new Shelf(memory, SIZE);
    memory.full = new Error("ENOSPC");
    expect(shelf.put([new Uint8Array(100)])).toBeNull();
    memory.full = null;
    expect(shelf.put([new Uint8Array(100)])).toBeNull();
  });

  it("lies in a file, one for each direction, and does not read what is not there", () => {
    const path = `${tmpdir()}/compute-cluster-shelf-${process.pid}`;
    const file = openSync(path, "wx+");
    unlinkSync(path);
    try {
      const place = placeIn.bind(null, { readSync, writeSync }, () => file, 10, SIZE);
      for (const to of ["worker", "host"] as const) {
        const at = new Shelf(place(to), SIZE).put([bytesOf(3_000_000, to.length), bytesOf(7, 1)]) as number;
        const read = new ShelfReader(place(to), SIZE).take(
          at,
          3_000_007,
          (parts) => [parts.take(3_000_000), parts.take(7)],
        );
        expect(areEqual(read, [bytesOf(3_000_000, to.length), bytesOf(7, 1)])).toBe(true);
      }
      const take = (): unknown => new ShelfReader(place("host"), SIZE).take(SIZE - 9, 9, (parts) => parts.take(9));
      expect(take).toThrow("9 bytes are not there");
    } finally {
      closeSync(file);
    }
  });
});

// Bun has no serializer to write for it (1.4.5, https://bun.sh/docs/runtime/nodejs-apis#node-v8).
describe.skipIf("Bun" in globalThis)("Frames on a shelf", () => {
  const KEY = "0a1b2c3d";
  const value = {
    numbers: new Float64Array(10_000).map((_, at) => at),
    text: "x".repeat(90_000),
    more: new Uint8Array(3),
  };

  function reading(memory: Memory): { reader: FrameReader; read(bytes: Uint8Array): unknown[] } {
    const reader = new FrameReader(KEY);
    reader.begin(new ShelfReader(memory, SIZE));
    return {
      reader,
      read(bytes) {
        const frames: unknown[] = [];
        reader.read(bytes, (frame) => frames.push(frame));
        return frames;
      },
    };
  }

  it.each(["advanced", "json"] as const)("arrive as others do, between others: %s", (format) => {
    const memory = new Memory();
    const shelf = new Shelf(memory, SIZE);
    const long = format === "advanced" ? value : { text: value.text };
    const frames = [{ short: 1 }, long, { short: 2 }, long];
    const sent = frames.map((frame) => join(shelve(writeFrame(frame, KEY, format), shelf)));
    expect(sent.map(({ length }) => length < 100)).toEqual([true, true, true, true]);
    const { read } = reading(memory);
    const bytes = join(sent);
    const got = [...bytes].flatMap((byte) => read(Uint8Array.of(byte)));
    expect(got).toEqual(frames);
    if (format !== "advanced") return;
    const { numbers } = got[1] as typeof value;
    expect([numbers.byteOffset, numbers.buffer.byteLength]).toEqual([0, 80_000]);
  });

  it.each(["jobs:text", "answers:text"] as const)("arrive as %s, too", (type) => {
    const memory = new Memory();
    const frame = { type, key: KEY, text: JSON.stringify(["y".repeat(100_000)]) };
    const sent = join(shelve(writeFrame(frame, KEY, "advanced"), new Shelf(memory, SIZE)));
    expect(sent.length).toBeLessThan(100);
    const { key: _, ...job } = frame;
    expect(reading(memory).read(sent)).toEqual([type === "jobs:text" ? job : frame]);
  });

  it("go through the pipe if they are short, or there is no room", () => {
    const memory = new Memory();
    const shelf = new Shelf(memory, SIZE);
    const bytesFor = (length: number): number =>
      join(shelve(writeFrame({ bytes: new Uint8Array(length) }, KEY, "advanced"), shelf)).length;
    expect(bytesFor(LEAST_SHELVED - 1_000)).toBeGreaterThan(LEAST_SHELVED - 1_000);
    expect(bytesFor(SIZE)).toBeGreaterThan(SIZE);
    expect(bytesFor(SIZE - 10_000)).toBeLessThan(100);
    expect(bytesFor(SIZE - 10_000)).toBeGreaterThan(SIZE - 10_000);
  });

  it("are no frames when they are damaged, or lie nowhere (property)", () => {
    const memory = new Memory();
    const sent = join(shelve(writeFrame(value, KEY, "advanced"), new Shelf(memory, SIZE)));
    fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(2), (where, change, which) => {
      const [bytes, there] = [sent.slice(), new Memory()];
      there.bytes.set(memory.bytes);
      if (which === 0) there.bytes[4_096 + where % 200]! ^= change;
      else bytes[12 + where % (bytes.length - 12)]! ^= change;
      try {
        reading(there).read(bytes);
      } catch (error) {
        expect(error).toMatchObject({ name: "BrokenPipeFrame" });
      }
    }));
  });
});
