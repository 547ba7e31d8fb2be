import { describe, expect, it } from "vitest";
import { frameType, readAbortHeard, readAnswers } from "../../src/core/frame.ts";

class Inherits {
  declare type: string;
}
Object.defineProperty(Inherits.prototype, "type", { value: "answers" });

const noFrames: [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["a number", 7],
  ["a string", "answers"],
  ["a function", () => {}],
  ["an empty object", {}],
  ["an array", ["answers"]],
  ["a Map", new Map([["type", "answers"]])],
  ["a type that is inherited", new Inherits()],
  ["a type of the prototype", Object.create({ type: "answers", answers: [] })],
  ["a type that is no string", { type: ["answers"] }],
  ["a String object", { type: new String("answers") }],
  ["a null type", { type: null }],
];

describe("frameType", () => {
  it.each(noFrames)("frameType of %s is null", (_name, frame) => {
    expect(frameType(frame)).toBeNull();
  });

  it("frameType is the frame's own type, in an object without prototype too", () => {
    expect(frameType({ type: "stray" })).toBe("stray");
    expect(frameType(Object.assign(Object.create(null), { type: "ready" }))).toBe("ready");
    expect(frameType({ type: "__proto__" })).toBe("__proto__");
  });
});

describe("readAnswers", () => {
  it("readAnswers gives well-formed answers, whatever their values", () => {
    const answers = [[1, 0, undefined], [2, 1, { type: "answers" }], [3, 0]];
    expect(readAnswers({ type: "answers", answers })).toBe(answers);
    expect(readAnswers({ type: "answers", answers: [] })).toEqual([]);
  });

  it.each([
    ...noFrames,
    ["another type", { type: "aborting", answers: [] }],
    ["no answers", { type: "answers" }],
    ["inherited answers", Object.assign(Object.create({ answers: [] }), { type: "answers" })],
    ["answers that are no array", { type: "answers", answers: { length: 1, 0: [1, 0, 0] } }],
    ["an answer that is no array", { type: "answers", answers: [{ 0: 1, 1: 0 }] }],
    ["a null answer", { type: "answers", answers: [null] }],
    ["a hole", { type: "answers", answers: new Array(3) }],
    ["a number that is none", { type: "answers", answers: [["1", 0, 0]] }],
    ["a bigint for a number", { type: "answers", answers: [[1n, 0, 0]] }],
    ["an outcome that is neither 0 nor 1", { type: "answers", answers: [[1, 2, 0]] }],
    ["a boolean outcome", { type: "answers", answers: [[1, true, 0]] }],
    ["a missing outcome", { type: "answers", answers: [[1]] }],
    ["one bad answer among good ones", { type: "answers", answers: [[1, 0, 0], [2, null, 0]] }],
  ])("readAnswers of %s is null", (_name, frame) => {
    expect(readAnswers(frame)).toBeNull();
  });
});

describe("readAbortHeard", () => {
  it("readAbortHeard gives the job's number, and whether its handler heeds", () => {
    expect(readAbortHeard({ type: "aborting", job: 3, heeds: true })).toEqual({ job: 3, heeds: true });
    for (const heeds of [false, undefined, 1, "true"]) {
      expect(readAbortHeard({ type: "aborting", job: 3, heeds })).toEqual({ job: 3, heeds: false });
    }
  });

  it.each([
    ...noFrames,
    ["another type", { type: "answers", job: 3 }],
    ["no job", { type: "aborting" }],
    ["an inherited job", Object.assign(Object.create({ job: 3 }), { type: "aborting" })],
    ["a job that is no number", { type: "aborting", job: "3" }],
  ])("readAbortHeard of %s is null", (_name, frame) => {
    expect(readAbortHeard(frame)).toBeNull();
  });
});
