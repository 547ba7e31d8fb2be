import { describe, expect, it } from "vitest";
import { failuresOf } from "../../scripts/failures.mjs";

const OUTPUT = `
⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  a.test.js > two

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯

⎯⎯⎯⎯⎯⎯ Unhandled Errors ⎯⎯⎯⎯⎯⎯

Vitest caught 2 unhandled errors during the test run.

⎯⎯⎯⎯⎯ Uncaught Exception ⎯⎯⎯⎯⎯
TypeError: late
 ❯ Timeout._onTimeout a.test.js:2:50

⎯⎯⎯⎯ Unhandled Rejection ⎯⎯⎯⎯⎯
Error: nobody listens
⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯

 Test Files  1 failed (1)
`;

describe("what has failed", () => {
  it("is each test, each file that could not be read, and what nobody has caught", () => {
    const results = {
      testResults: [
        {
          name: "a.test.js",
          message: "",
          assertionResults: [
            { status: "passed", fullName: "one", failureMessages: [] },
            { status: "failed", fullName: "two", failureMessages: ["AssertionError: expected 1 to be 2\n    at a"] },
          ],
        },
        { name: "b.test.js", message: "SyntaxError: no\n  at b", assertionResults: [] },
      ],
    };
    expect(failuresOf(results, OUTPUT)).toEqual([
      "two: AssertionError: expected 1 to be 2",
      "b.test.js: SyntaxError: no",
      "Uncaught Exception ⎯⎯⎯⎯⎯\nTypeError: late\n ❯ Timeout._onTimeout a.test.js:2:50",
      expect.stringMatching(/^Unhandled Rejection ⎯+\nError: nobody listens/),
    ]);
  });

  it("is nothing of a part that has no results, and nothing where nothing has failed", () => {
    expect(failuresOf(null, "")).toEqual([]);
    expect(failuresOf({ testResults: [{ name: "a", message: "", assertionResults: [] }] }, "fine")).toEqual([]);
  });
});
