/**
 * Sees to it that no worker process, and no temporary folder, outlives the program, not even one in a busy loop when the program is killed with
 * SIGKILL: a worker can't watch for that itself while it is busy.
 *
 * One `/bin/sh` per program reads `+ pid` and `- pid` lines from a pipe. When the program is gone, however it went, the
 * pipe closes and the shell kills what is left. It costs 0.2 MB, once, and ends with the last worker. It is in a session
 * of its own, so that a Ctrl-C does not end it before the program. (A thread in every worker does the same for 8.5 MB and
 * 5 ms each.)
 *
 * Windows needs none: there the runtimes put their child processes into a job object that ends with the program.
 *
 * @module
 */

import type { Writable } from "node:stream";
import { childProcess, ownProcess } from "../src/built-in.ts";

/**
 * Takes a folder and the pids of its arguments, reads more until the pipe closes, kills those that were not taken back, and removes the
 * folder, if there is one. Each pid is kept with when its process began, where that can be told (proc(5), field 22): another may have it
 * by then, where a thread that had workers has ended and its program goes on (Deno 2.9.6). No input is ever evaluated.
 */
const SCRIPT = `
begun() {
  stat=
  [ ! -r "/proc/$1/stat" ] || read -r stat <"/proc/$1/stat"
  set -- \${stat##*)}
  begun=\${20}
}
add() {
  begun "$1"
  workers="$workers$1:$begun "
}
folder=$1
shift
workers=" "
for pid; do add "$pid"; done
while read -r sign what; do
  case $sign in
    +) add "$what" ;;
    -) after=\${workers#* $what:}
       workers="\${workers%% $what:*} \${after#* }" ;;
    =) folder=$what ;;
  esac
done 2>/dev/null
for worker in $workers; do
  pid=\${worker%%:*}
  begun "$pid"
  [ "$pid:$begun" != "$worker" ] || kill -KILL "$pid"
done 2>/dev/null
[ -z "$folder" ] || rm -rf -- "$folder"
`;

/** Workers that live. */
const pids = new Set<number>();
let folder: string | null = null;
let watch: Watch | null = null;
/** A shell that somebody killed is replaced once for each worker that starts: one that can't live is not started for ever. */
let replacements = 0;

/** Has a worker killed when the program ends. */
export function guard(pid: number): void {
  if (ownProcess().platform === "win32") return;
  pids.add(pid);
  replacements = 1;
  if (watch) watch.write(`+ ${pid}\n`);
  else startWatch();
}

/** The worker has ended: its pid may be another's soon. */
export function unguard(pid: number): void {
  if (!pids.delete(pid) || !watch) return;
  watch.write(`- ${pid}\n`);
  endIfIdle();
}

/** Has a folder removed when the program ends, or none any more. */
export function guardFolder(path: string | null): void {
  // The shell reads lines.
  if (path !== null && /[\r\n]|\s$/.test(path)) return;
  folder = path;
  replacements = 1;
  if (watch) watch.write(`= ${folder ?? ""}\n`);
  else if (folder !== null) startWatch();
  endIfIdle();
}

function endIfIdle(): void {
  if (pids.size > 0 || folder !== null) return;
  watch?.end();
  watch = null;
}

/** No watch where no shell can be started, for want of a shell or of the permission; idle workers still end by themselves. */
function startWatch(): void {
  const started = startShell(() => {
    if (watch !== started) return;
    watch = null;
    if (replacements-- > 0) startWatch();
  });
  watch = started;
}

/** The shell's input. What was written is in the pipe when `write` returns: the program may be killed right after. */
interface Watch {
  write(line: string): void;
  end(): void;
}

/** What is used of `Bun`. */
interface BunRuntime {
  spawn(options: Record<string, unknown>): { readonly stdin: BunPipe; unref(): void };
}

interface BunPipe {
  write(text: string): unknown;
  flush(): unknown;
  end(): unknown;
}

function startShell(exited: () => void): Watch | null {
  const command = ["/bin/sh", "-c", SCRIPT, "guard", folder ?? "", ...[...pids].map(String)];
  const { Bun } = globalThis as { Bun?: BunRuntime };
  try {
    return Bun ? bunShell(Bun, command, exited) : shell(command, exited);
  } catch {
    return null;
  }
}

function shell([file = "", ...args]: readonly string[], exited: () => void): Watch | null {
  const child = childProcess().spawn(file, args, {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
    env: {},
  });
  const { stdin } = child;
  // There is no shell, or no process to be had.
  child.on("error", exited);
  child.on("exit", exited);
  child.unref();
  stdin.on("error", () => {});
  (stdin as Writable & { unref?(): void }).unref?.();
  return stdin;
}

/** Bun's `node:child_process` keeps what is written until the loop turns (1.4.5). */
function bunShell(bun: BunRuntime, cmd: readonly string[], exited: () => void): Watch {
  const child = bun.spawn({
    cmd,
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
    env: {},
    onExit: exited,
  });
  child.unref();
  const { stdin } = child;
  return {
    write(line) {
      try {
        stdin.write(line);
        stdin.flush();
      } catch {
        // It was killed, and `exited` comes.
      }
    },
    end: () => void stdin.end(),
  };
}
