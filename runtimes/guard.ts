/**
 * Sees to it that no worker process outlives the program, not even one in a busy loop when the program is killed with
 * SIGKILL: a worker can't watch for that itself while it is busy.
 *
 * One `/bin/sh` per program reads `+ pid` and `- pid` lines from a pipe. When the program is gone, however it went, the
 * pipe closes and the shell kills what is left. It costs 0.4 MB, once, and ends with the last worker. It is in a session
 * of its own, so that a Ctrl-C does not end it before the program. (A thread in every worker does the same for 8.5 MB and
 * 5 ms each.)
 *
 * Windows needs none: there the runtimes put their child processes into a job object that ends with the program.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Writable } from "node:stream";

/** Reads pids until the pipe closes, then kills those that were not taken back. No input is ever evaluated. */
const SCRIPT = `
pids=" "
while read -r sign pid; do
  case $sign in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
`;

interface Watch {
  readonly shell: ChildProcess;
  readonly pipe: Writable;
  readonly pids: Set<number>;
}

let watch: Watch | null = null;

/** Has a worker killed when the program ends. */
export function guard(pid: number): void {
  if (process.platform === "win32") return;
  watch ??= startWatch();
  watch?.pids.add(pid);
  watch?.pipe.write(`+ ${pid}\n`);
}

/** The worker has ended: its pid may be another's soon. */
export function unguard(pid: number): void {
  if (!watch?.pids.delete(pid)) return;
  watch.pipe.write(`- ${pid}\n`);
  if (watch.pids.size > 0) return;
  watch.pipe.end();
  watch = null;
}

/** Null where no shell can be started, for want of a shell or of the permission; idle workers still end by themselves. */
function startWatch(): Watch | null {
  try {
    const shell = spawn("/bin/sh", ["-c", SCRIPT], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
      env: {},
    });
    const pipe = shell.stdin;
    shell.on("error", () => {});
    pipe.on("error", () => {});
    shell.unref();
    (pipe as Writable & { unref?(): void }).unref?.();
    return { shell, pipe, pids: new Set() };
  } catch {
    return null;
  }
}
