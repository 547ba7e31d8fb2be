import { describe, expect, it } from "vitest";
import { depthFor, NO_ROOM, roomFor } from "../../src/nats/room.ts";

const IDLE = { slots: 4, held: 0, answering: 0, blocked: 0 };

describe("how much a host takes ahead for each slot", () => {
  it("is nothing while nobody knows how long jobs take", () => expect(depthFor(0)).toBe(0));

  it("is what it gets done in 15 ms, and no more than 50 jobs", () => {
    expect([60, 15, 3, 0.2, 0.001].map(depthFor)).toEqual([0.25, 1, 5, 50, 50]);
  });
});

describe("a host's room", () => {
  it("is a job for each free slot, and beside them what it takes ahead", () => {
    expect(roomFor(IDLE, 3)).toEqual({ free: 4, ahead: 12, least: 6, depth: 3 });
    expect(roomFor({ ...IDLE, held: 3 }, 3)).toEqual({ free: 1, ahead: 12, least: 6, depth: 3 });
    expect(roomFor({ ...IDLE, held: 9 }, 3)).toEqual({ free: 0, ahead: 7, least: 6, depth: 3 });
    expect(roomFor({ ...IDLE, held: 40 }, 3)).toEqual({ free: 0, ahead: 0, least: 6, depth: 3 });
  });

  it("is without any ahead where jobs are long, and one is worth a question", () => {
    expect(roomFor(IDLE, 0)).toEqual({ free: 4, ahead: 0, least: 1, depth: 0 });
  });

  it("is for one more job where several slots together begin it soon", () => {
    expect([1, 3, 4, 8].map((slots) => roomFor({ ...IDLE, slots, held: slots }, depthFor(50)).ahead)).toEqual([
      0,
      0,
      1,
      2,
    ]);
    expect(roomFor({ ...IDLE, held: 5 }, depthFor(50)).ahead).toBe(0);
  });

  it("has the slot of a job that is over, but for its answer", () => {
    expect(roomFor({ ...IDLE, held: 4, answering: 2 }, 0).free).toBe(2);
  });

  it("is for no job that would wait for one that runs long", () => {
    expect(roomFor({ ...IDLE, held: 4, blocked: 3 }, 3)).toMatchObject({ free: 0, ahead: 3 });
    expect(roomFor({ ...IDLE, held: 4, blocked: 4 }, 3)).toMatchObject({ free: 0, ahead: 0 });
    // Runs of several queues, or of slots that were since taken away.
    expect(roomFor({ ...IDLE, held: 6, blocked: 6 }, 3)).toMatchObject({ free: 0, ahead: 0 });
  });

  it("is none while the broker does not keep up with answers", () => {
    expect(roomFor({ ...IDLE, held: 256, answering: 256 }, 3)).toMatchObject({ free: 4, ahead: 12 });
    expect(roomFor({ ...IDLE, held: 257, answering: 257 }, 3)).toEqual(NO_ROOM);
  });
});
