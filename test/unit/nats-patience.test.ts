import { describe, expect, it } from "vitest";
import { Patience } from "../../src/nats/patience.ts";

describe("Patience", () => {
  it("is spent soon behind a job that runs, and not that job's", () => {
    const patience = new Patience();
    const long = { startedAt: 1, takenAt: 0 };
    const first = { startedAt: 0, takenAt: 10 };
    const second = { startedAt: 0, takenAt: 60 };
    expect(patience.spent([long, first, second], 100)).toEqual([]);
    expect(patience.spent([long, first, second], 150)).toEqual([first]);
    expect(patience.spent([long, second], 200)).toEqual([second]);
  });

  it("lasts while a worker is being started, and begins anew when it is there", () => {
    const patience = new Patience();
    const waiting = Array.from({ length: 5 }, () => ({ startedAt: 0, takenAt: 0 }));
    expect(patience.spent(waiting, 4_900)).toEqual([]);
    const [first, ...others] = waiting.map((one, at) => at === 0 ? { ...one, startedAt: 4_950 } : one);
    expect(patience.spent([first!, ...others], 4_950)).toEqual([]);
    expect(patience.spent([first!, ...others], 5_001)).toEqual(others);
  });

  it("ends when no worker starts", () => {
    const patience = new Patience();
    const waiting = [{ startedAt: 0, takenAt: 0 }, { startedAt: 0, takenAt: 500 }];
    expect(patience.spent(waiting, 5_001)).toEqual([waiting[0]]);
    expect(patience.spent(waiting, 5_501)).toEqual(waiting);
  });
});
