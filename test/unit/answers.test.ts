import { beforeEach, describe, expect, it } from "vitest";
import type { Init, WorkerFrame } from "../../src/core/frame.ts";
import { Answers } from "../../src/worker/answers.ts";
import type { WorkerExchange } from "../../src/worker/exchange.ts";
import type { Link } from "../../src/worker/link.ts";

/** Answers in the frames in which they leave. */
let frames: number[];
let answers: Answers;
let at: number;

beforeEach(() => {
  frames = [];
  at = 1_000;
  const link = {
    post(frame: WorkerFrame, _: readonly object[], left?: () => void) {
      if (frame.type !== "answers:text") throw new Error(`a frame of type ${frame.type}`);
      frames.push((JSON.parse(frame.text) as unknown[]).length);
      left?.();
    },
  } as unknown as Link;
  const exchange: WorkerExchange = { takeTicket: () => true, count() {}, keep: () => true, sent() {} };
  answers = new Answers(
    link,
    { key: "k", serialization: "advanced", measures: null } as unknown as Init,
    exchange,
    () => {},
  );
});

/** A job has run for so many milliseconds, and others wait behind it. */
function ends(ran: number, later = ran): void {
  at += later;
  answers.add([1, 0, null, ran * 1_000], [], false, at);
  answers.flushIfDue(at);
}

describe("Answers of jobs with others behind them", () => {
  it("leave by half of those in line where jobs are short", () => {
    answers.expect(16);
    for (let n = 0; n < 16; n++) ends(0.01);
    expect(frames).toEqual([8, 8]);
  });

  it.each([[1, [2, 2, 2]], [0.5, [3, 3]], [2, [1, 1, 1, 1, 1, 1]]])(
    "leave once jobs of %f ms have run for some time",
    (ran, left) => {
      answers.expect(100);
      for (let n = 0; n < 6; n++) ends(ran);
      expect(frames).toEqual(left);
    },
  );

  it("leave together where jobs overlap, however long they run", () => {
    answers.expect(16);
    for (let n = 0; n < 16; n++) ends(20, 0.01);
    expect(frames).toEqual([1, 8]);
  });
});
