import { describe, expect, it } from "vitest";
import { RunContext } from "../../src/worker/context.ts";

describe("RunContext", () => {
  const job = { id: "1", task: null, attempt: 1 };

  it("aborts the signal of a handler that has it", () => {
    const context = new RunContext(job, null, () => {});
    const { signal } = context;
    expect([context.takesSignal, signal.aborted]).toEqual([true, false]);
    context.abort(new DOMException("over", "AbortError"));
    expect([signal.aborted, (signal.reason as Error).name]).toEqual([true, "AbortError"]);
  });

  it("gives a handler that takes its signal only later one that is aborted", () => {
    const context = new RunContext(job, null, () => {});
    expect(context.takesSignal).toBe(false);
    context.abort(new DOMException("over", "TimeoutError"));
    expect((context.signal.reason as Error).name).toBe("TimeoutError");
  });

  it("collects what is to be moved, however much it is", () => {
    const { transfer, transfers } = new RunContext(job, null, () => {});
    const list = Array.from({ length: 200_000 }, () => new ArrayBuffer(0));
    expect(transfer("value", list)).toBe("value");
    expect(transfers.length).toBe(200_000);
  });
});
