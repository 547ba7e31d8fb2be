import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { StreamingParts } from "../../src/streaming.ts";
import { Streaming } from "../../src/streaming.ts";

const { Bun, Deno } = globalThis as { Bun?: { gc(force: boolean): void }; Deno?: unknown };

function collector(): () => void {
  if (Bun) return () => Bun.gc(true);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

describe("Streaming", () => {
  // Deno takes no flag from a program that runs.
  it.skipIf(Deno)("lets go of what was taken, also where one value always waits", async () => {
    const collect = collector();
    let give: (value: unknown) => void = () => {};
    const stream = new Streaming<object>({
      highWaterMark: 16,
      aborted: () => null,
      start: ({ onYield }) => {
        give = onYield;
        return { id: "1", more() {}, cancel() {}, takeBack() {} };
      },
    } as StreamingParts);
    const first = stream.next();
    give({});
    give({});
    await first;
    const taken: WeakRef<object>[] = [];
    for (let i = 0; i < 1_000; i++) {
      give({ i });
      taken.push(new WeakRef((await stream.next()).value as object));
    }
    const left = (): number => taken.filter((ref) => ref.deref()).length;
    // A reference that was read is held until the turn is over.
    for (let turns = 0; turns < 20 && left() > 64; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(left()).toBeLessThanOrEqual(64);
  });
});
