import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { onAbort } from "../../src/abort-watch.ts";

describe("onAbort", () => {
  it("calls everyone once, in order, and not those who have left", () => {
    const controller = new AbortController();
    const called: string[] = [];
    for (const name of ["a", "b", "c"]) {
      const end = onAbort(controller.signal, () => called.push(name));
      if (name === "b") end();
    }
    controller.abort();
    controller.abort();
    expect(called).toEqual(["a", "c"]);
  });

  it("may be ended by another's call, and after its own", () => {
    const controller = new AbortController();
    const called: string[] = [];
    const ends: (() => void)[] = [];
    for (const name of ["a", "b", "c"]) {
      ends.push(onAbort(controller.signal, () => {
        called.push(name);
        if (name === "a") ends[1]!();
      }));
    }
    controller.abort();
    for (const end of ends) end();
    expect(called).toEqual(["a", "c"]);
  });

  it("has one listener on a signal while anyone watches, and none afterwards", () => {
    const { signal } = new AbortController();
    const ends = Array.from({ length: 20 }, () => onAbort(signal, () => {}));
    const count = (): number => getEventListeners(signal, "abort").length;
    const during = count();
    for (const end of ends) {
      end();
      end();
    }
    expect([during, count()]).toEqual([1, 0]);
    onAbort(signal, () => {});
    expect(count()).toBe(1);
  });
});
