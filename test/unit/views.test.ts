import { describe, expect, it } from "vitest";
import { withOwnBytes } from "../../src/wire/views.ts";

describe("withOwnBytes", () => {
  it("leaves a value without such views as it is, and all else in one that has some", () => {
    const shared = { n: 1 };
    const whole = [shared, shared, new Map([[shared, new Set([shared])]])];
    expect(withOwnBytes(whole)).toBe(whole);
    const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const copied = withOwnBytes({ whole, view, again: view });
    expect(copied).toEqual({ whole, view: new Uint8Array([2, 3]), again: new Uint8Array([2, 3]) });
    expect(copied.view).toBe(copied.again);
    expect(copied.view.buffer.byteLength).toBe(2);
    expect(copied.whole[0]).toBe(copied.whole[1]);
  });
});
