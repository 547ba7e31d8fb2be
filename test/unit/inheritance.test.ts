import { describe, expect, it } from "vitest";
import { inheritedExecArgv, withoutDebugger, workerEnv } from "../../src/inheritance.ts";

describe("inheritedExecArgv", () => {
  it("drops what is the program's alone", () => {
    const own = [
      "--inspect",
      "--inspect=9229",
      "--inspect-brk=0",
      "--inspect-port",
      "0",
      "-e",
      "code",
      "--eval",
      "code",
      "-p",
      "1",
      "--input-type=module",
      "--input-type",
      "module",
      "--test",
      "--test-reporter=spec",
      "--watch",
      "--watch-path",
      "src",
      "--check",
      "-c",
      "-i",
      "--cpu-prof",
      "--cpu-prof-dir",
      "profiles",
      "--env-file",
      "my.env",
      "-e",
      "--not-a-flag",
      "--prof",
    ];
    expect(inheritedExecArgv(own)).toEqual([]);
  });

  it("keeps loaders, conditions and limits", () => {
    const kept = [
      "--import",
      "tsx",
      "-r",
      "./x.cjs",
      "--require=./y.cjs",
      "--conditions=dev",
      "--max-old-space-size=100",
      "--no-warnings",
      "--experimental-vm-modules",
      "--enable-source-maps",
      "--permission",
      "--allow-child-process",
    ];
    expect(inheritedExecArgv(["--inspect=0", ...kept, "--watch"])).toEqual(kept);
  });
});

it("A worker does not go to the program's folder a second time", () => {
  expect(inheritedExecArgv(["--cwd", "sub", "--smol", "--cwd=sub"])).toEqual(["--smol"]);
});

describe("workerEnv", () => {
  it("copies, without the runtime's marks of its own children", () => {
    const env = {
      A: "1",
      GONE: undefined,
      NODE_UNIQUE_ID: "1",
      NODE_WORKER_ID: "1",
      NODE_CHANNEL_FD: "3",
      WATCH_REPORT_DEPENDENCIES: "1",
      NODE_OPTIONS: "-r x",
    };
    const copy = workerEnv(env);
    expect(copy).toEqual({ A: "1", NODE_OPTIONS: "-r x" });
    expect(copy).not.toBe(env);
  });
});

describe("withoutDebugger", () => {
  it("takes a debugger's flags from NODE_OPTIONS, and leaves the rest as it is", () => {
    const left = (options: string): string | undefined => withoutDebugger({ NODE_OPTIONS: options })["NODE_OPTIONS"];
    expect(left("--inspect=127.0.0.1:9229")).toBeUndefined();
    expect(left("--max-old-space-size=300 --inspect-brk --inspect-port 0 --require ./a.js")).toBe(
      "--max-old-space-size=300 --require ./a.js",
    );
    expect(left('--require "./my --inspect.js" --inspect')).toBe('--require "./my --inspect.js"');
    expect(left('--title="a \\" b"')).toBe('--title="a \\" b"');
  });

  it("takes them from BUN_OPTIONS, too", () => {
    expect(withoutDebugger({ BUN_OPTIONS: "--inspect-wait=1 --smol", PATH: "/bin" })).toEqual({
      BUN_OPTIONS: "--smol",
      PATH: "/bin",
    });
    expect(withoutDebugger({ BUN_OPTIONS: "--inspect" })).toEqual({});
  });

  it("takes Bun's variables", () => {
    expect(withoutDebugger({ BUN_INSPECT: "ws://127.0.0.1:1/x", BUN_INSPECT_NOTIFY: "unix:///x", PATH: "/bin" }))
      .toEqual({
        PATH: "/bin",
      });
  });
});
