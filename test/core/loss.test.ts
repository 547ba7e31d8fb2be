import { describe, expect, it } from "vitest";
import type { WorkerExit, WorkerPort } from "../../src/core/adapter.ts";
import type { ClusterError } from "../../src/core/errors.ts";
import * as loss from "../../src/core/loss.ts";

function port(id: string, pid: number | null): WorkerPort {
  return { id, pid, exchange: null, send() {}, stop() {}, kill() {}, ref() {}, unref() {} };
}

const process = port("4711", 4711);
const thread = port("3", null);
const left: WorkerExit = { code: 1, signal: null, stderr: "boom", cause: null, abandoned: false };
const killed: WorkerExit = { ...left, code: null, signal: "SIGKILL" };

describe("loss", () => {
  it("workerExit keeps the original's sentence and tells all that is known", () => {
    const error = loss.workerExit(left, process, "process", "7");
    expect(error.message).toBe("compute process (4711) dies with code: 1");
    expect(error).toMatchObject({
      code: "CC_ERR_WORKER_EXIT",
      worker: "4711",
      pid: 4711,
      exitCode: 1,
      signal: null,
      stderr: "boom",
      job: "7",
      retryable: false,
    });
    expect(Object.hasOwn(error, "cause")).toBe(false);
  });

  it("workerExit names the signal, and a thread without pid or job", () => {
    const error = loss.workerExit(killed, thread, "thread");
    expect(error.message).toBe("compute thread (3) dies with code: null, signal: SIGKILL");
    expect([Object.hasOwn(error, "pid"), Object.hasOwn(error, "job")]).toEqual([false, false]);
  });

  it("workerExit has what the worker reported last as its cause", () => {
    const cause = new Error("thrown by the worker");
    expect(loss.workerExit({ ...left, cause }, process, "process").cause).toBe(cause);
  });

  it("earlyExit is retryable and explains a clean exit", () => {
    expect(loss.earlyExit(left, process, "process")).toMatchObject({
      code: "CC_ERR_WORKER_START",
      message: "compute process (4711) dies with code: 1 before it was ready",
      retryable: true,
    });
    expect(loss.earlyExit({ ...left, code: 0 }, process, "process").message).toMatch(/exports no function/);
  });

  it("slowStart names the option and its limit", () => {
    const error = loss.slowStart(process, 30_000);
    expect(error.message).toMatch(/not ready within 30000 ms \(startTimeout\)/);
    expect(error).toMatchObject({ code: "CC_ERR_WORKER_START", limit: 30_000, worker: "4711", retryable: true });
  });

  it("noWorker has the origin of the last failure as its cause, and its details", () => {
    const cause = new SyntaxError("Unexpected token");
    const failure = loss.earlyExit({ ...left, cause }, process, "process");
    const error = loss.noWorker(failure, "file:///w.js", { id: "7", attempt: 0 });
    expect(error.message).toBe("cannot start a worker for file:///w.js: Unexpected token");
    expect(error).toMatchObject({ code: "CC_ERR_WORKER_START", exitCode: 1, stderr: "boom", pid: 4711, job: "7" });
    expect([error.cause, error.retryable]).toEqual([cause, true]);
    expect(loss.noWorker(failure, "file:///w.js", { id: "7", attempt: 1 }).retryable, "it has begun before").toBe(
      false,
    );
  });

  it("noWorker has the failure itself as its cause when nothing else is known, and takes causes that are no errors", () => {
    const failure = loss.earlyExit(left, process, "process");
    expect(loss.noWorker(failure, "file:///w.js").cause).toBe(failure);
    const odd = loss.earlyExit({ ...left, cause: "just text" }, process, "process");
    expect(loss.noWorker(odd, "file:///w.js").message).toBe("cannot start a worker for file:///w.js: just text");
  });

  it("poison counts the workers and keeps the last loss as its cause", () => {
    const last = loss.workerExit(left, process, "process", "7");
    expect(loss.poison("7", 3, last)).toMatchObject({
      code: "CC_ERR_POISON",
      message: "job 7 was set aside: 3 workers were lost while they ran it",
      job: "7",
      cause: last,
      retryable: false,
    });
  });

  it("timedOut names job and limit", () => {
    expect(loss.timedOut("7", 250)).toMatchObject({ code: "CC_ERR_TIMEOUT", job: "7", limit: 250, retryable: false });
  });

  it("closed is retryable only for a job that did not start", () => {
    expect(loss.closed()).toMatchObject({ code: "CC_ERR_CLOSED", message: "the cluster is closed", retryable: true });
    expect(loss.closed("7")).toMatchObject({ code: "CC_ERR_CLOSED", job: "7", retryable: true });
    expect(loss.cutOff("7", false)).toMatchObject({ code: "CC_ERR_CLOSED", job: "7", retryable: true });
    expect(loss.cutOff("7", true)).toMatchObject({ code: "CC_ERR_CLOSED", job: "7", retryable: false });
  });

  it("abandoned names the thread and what to do", () => {
    const error = loss.abandoned(thread);
    expect(error).toMatchObject({ code: "CC_ERR_WORKER_EXIT", worker: "3" });
    expect(error.message).toMatch(/compute thread \(3\).*isolation: "process"/);
  });

  it("every call makes a new error", () => {
    const make =
      (): ClusterError[] => [loss.closed(), loss.timedOut("1", 1), loss.workerExit(left, process, "process")];
    expect(new Set([...make(), ...make()]).size).toBe(6);
  });
});
