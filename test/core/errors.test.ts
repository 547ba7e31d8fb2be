import { describe, expect, it } from "vitest";
import { ClusterError, OptionRangeError, OptionTypeError } from "../../src/core/errors.ts";

describe("ClusterError", () => {
  it("ClusterError is an Error with a code and a name that it doesn't list", () => {
    const error = new ClusterError("CC_ERR_CLOSED", "the cluster is closed");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "ClusterError", code: "CC_ERR_CLOSED", message: "the cluster is closed" });
    expect(Object.keys(error)).toEqual(["code", "retryable"]);
    expect(String(error)).toBe("ClusterError: the cluster is closed");
  });

  it("ClusterError is not retryable unless it says so", () => {
    expect(new ClusterError("CC_ERR_TIMEOUT", "").retryable).toBe(false);
    expect(new ClusterError("CC_ERR_BACKLOG_FULL", "", { retryable: true }).retryable).toBe(true);
  });

  it("ClusterError carries what it was given, null included, and nothing else", () => {
    const error = new ClusterError("CC_ERR_WORKER_EXIT", "", {
      job: "7",
      pid: 4711,
      exitCode: null,
      signal: "SIGKILL",
    });
    expect(error).toMatchObject({ job: "7", pid: 4711, exitCode: null, signal: "SIGKILL" });
    expect("limit" in error || "stderr" in error || "cause" in error).toBe(false);
  });

  it("ClusterError takes any cause but undefined, and does not list it", () => {
    const cause = new Error("origin");
    expect(new ClusterError("CC_ERR_WORKER_START", "", { cause }).cause).toBe(cause);
    expect(new ClusterError("CC_ERR_WORKER_START", "", { cause: 0 }).cause).toBe(0);
    expect(Object.hasOwn(new ClusterError("CC_ERR_WORKER_START", "", { cause: undefined }), "cause")).toBe(false);
    expect(Object.keys(new ClusterError("CC_ERR_WORKER_START", "", { cause }))).not.toContain("cause");
  });
});

describe("OptionTypeError and OptionRangeError", () => {
  it("OptionTypeError is a TypeError, OptionRangeError a RangeError, with the code of options", () => {
    expect(new OptionTypeError("x")).toBeInstanceOf(TypeError);
    expect(new OptionRangeError("x")).toBeInstanceOf(RangeError);
    for (const error of [new OptionTypeError("x"), new OptionRangeError("x")]) {
      expect(error).toMatchObject({ code: "CC_ERR_OPTION", retryable: true, message: "x" });
    }
  });
});
