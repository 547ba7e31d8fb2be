/**
 * Commands with a time limit, which leave nothing behind.
 */

import { spawn } from "node:child_process";
import process from "node:process";

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it had to be ended. */
  readonly late: boolean;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Variables that would make a difference to a package manager or a runtime. */
const OUR_OWN =
  /^(?:npm_|NPM_|VITEST|NODE_OPTIONS$|NODE_ENV$|NODE_PATH$|NODE_CHANNEL|FORCE_COLOR$|DENO_|BUN_|JSR_|TEST$|DEV$|PROD$)/;

/** Runs a command to its end. Its whole process group ends with it, or with its time. */
export function ended([file, ...args]: readonly string[], options: CommandOptions): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !OUR_OWN.test(name));
  return new Promise((resolve, reject) => {
    const child = spawn(file as string, args, {
      cwd: options.cwd,
      env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => output.stdout += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => output.stderr += text);
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      endGroup(child.pid);
    }, options.timeout ?? 30_000);
    child.on("error", (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.on("exit", () => endGroup(child.pid));
    child.on("close", (code) => {
      clearTimeout(limit);
      resolve({ code, ...output, late });
    });
  });
}

/** The output of a command that must succeed. */
export async function succeeds(command: readonly string[], options: CommandOptions): Promise<Ended> {
  const end = await ended(command, options);
  if (end.code === 0 && !end.late) return end;
  const how = end.late ? "did not end in time" : `ended with code ${end.code}`;
  throw new Error(`${command.join(" ")} ${how}\n${end.stdout}\n${end.stderr}`);
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore" }).on("error", () => {});
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nothing is left of it.
  }
}
