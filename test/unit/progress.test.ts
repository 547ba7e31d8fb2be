import { beforeEach, describe, expect, it } from "vitest";
import { copyAs } from "../../src/wire/copy.ts";
import { Progress } from "../../src/worker/progress.ts";

describe("Progress", () => {
  let sent: unknown[] = [];
  let refuses = false;
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];

  const advance = (by: number): void => {
    now += by;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { run } of due) run();
  };

  const make = (): Progress =>
    new Progress(
      (value) => {
        if (refuses) throw new Error("refused");
        sent.push(value);
      },
      (value) => copyAs("advanced", value),
      {
        now: () => now,
        after(delay, run) {
          const timer = { at: now + delay, run };
          timers.push(timer);
          return () => timers = timers.filter((other) => other !== timer);
        },
      },
    );

  beforeEach(() => {
    [sent, refuses, now, timers] = [[], false, 0, []];
  });

  it("sends the first value at once, and the newest of those that follow fast", () => {
    const progress = make();
    for (let percent = 0; percent <= 10; percent++) progress.report(percent);
    expect(sent).toEqual([0]);
    advance(50);
    expect(sent).toEqual([0, 10]);
    advance(1_000);
    progress.report(11);
    expect([sent, timers]).toEqual([[0, 10, 11], []]);
  });

  it("sends without a timer where the loop is blocked", () => {
    const progress = make();
    progress.report("a");
    progress.report("b");
    now += 60;
    progress.report("c");
    expect([sent, timers]).toEqual([["a", "c"], []]);
  });

  it("sends what is due at the end, and nothing twice", () => {
    const progress = make();
    progress.end();
    progress.report(1);
    progress.report(2);
    progress.end();
    progress.end();
    advance(1_000);
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
    advance(100);
    expect(() => progress.report(3)).toThrow("refused");
  });

  it("copies a value as the format carries it", () => {
    const value = { a: 1, f() {}, toJSON: () => ({ told: true }) };
    expect(copyAs("json", value)).toEqual({ told: true });
    expect(copyAs("json", undefined)).toBeUndefined();
    expect(copyAs("json", () => {})).toBeUndefined();
    expect(() => copyAs("json", 1n)).toThrow(TypeError);
    expect(copyAs("advanced", new Map([[1, 2n]]))).toEqual(new Map([[1, 2n]]));
  });
});
