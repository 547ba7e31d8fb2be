/** Guards a process and a folder, has another process get its pid, says so, and is killed. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { guard, guardFolder } from "../../runtimes/guard.ts";

const started = (): ChildProcess => spawn("sleep", ["60"], { stdio: "ignore" });

const [folder] = process.argv.slice(2) as [string];
const first = started();
const stays = started();
guardFolder(folder);
for (const { pid } of [first, stays]) guard(pid as number);
first.kill("SIGKILL");
await once(first, "exit");
let other = null;
while (other?.pid !== first.pid) {
  other?.kill("SIGKILL");
  writeFileSync("/proc/sys/kernel/ns_last_pid", String(first.pid as number - 1));
  other = started();
}
console.log(`${other?.pid} ${stays.pid}`);
process.kill(process.pid, "SIGKILL");
