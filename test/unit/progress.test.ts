import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Progress } from "../../src/worker/progress.ts";

describe("Progress", () => {
  let sent: unknown[] = [];
  let refuses = false;
  const make = (): Progress =>
    new Progress((value) => {
      if (refuses) throw new Error("refused");
      sent.push(value);
    });

  beforeEach(() => {
    sent = [];
    refuses = false;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => void vi.useRealTimers());

  it("sends the first value at once, and the newest of those that follow fast", () => {
    const progress = make();
    for (let percent = 0; percent <= 10; percent++) progress.report(percent);
    expect(sent).toEqual([0]);
    vi.advanceTimersByTime(50);
    expect(sent).toEqual([0, 10]);
    vi.advanceTimersByTime(1_000);
    progress.report(11);
    expect(sent).toEqual([0, 10, 11]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("sends without a timer where the loop is blocked", () => {
    const progress = make();
    progress.report("a");
    progress.report("b");
    vi.setSystemTime(Date.now() + 60);
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60);
    progress.report("c");
    expect(sent).toEqual(["a", "c"]);
    expect(vi.getTimerCount()).toBe(0);
    vi.restoreAllMocks();
  });

  it("sends what is due at the end, and nothing twice", () => {
    const progress = make();
    progress.end();
    progress.report(1);
    progress.report(2);
    progress.end();
    progress.end();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([1, 2]);
  });

  it("sends a value as it was when it was reported", () => {
    const progress = make();
    const value = { done: 0 };
    progress.report(value);
    value.done = 1;
    progress.report(value);
    value.done = 2;
    progress.end();
    expect(sent.at(-1)).toEqual({ done: 1 });
  });

  it("throws for what can't be sent, at once or later", () => {
    const progress = make();
    progress.report(1);
    expect(() => progress.report(() => {})).toThrow(expect.objectContaining({ name: "DataCloneError" }));
    progress.report(2);
    refuses = true;
    progress.end();
    vi.advanceTimersByTime(100);
    expect(() => progress.report(3)).toThrow("refused");
  });
});
