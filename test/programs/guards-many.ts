// Has many processes guarded that come and go, beside one that goes last.
import process from "node:process";
import { guard, unguard } from "../../runtimes/guard.ts";

/** No process has more than this for its pid: one that goes beyond is nobody's. */
const LARGEST_PID = 4_194_304;

guard(LARGEST_PID + 1);
for (let i = 0; i < 300; i++) {
  for (let pid = LARGEST_PID + 2; pid < LARGEST_PID + 62; pid++) {
    guard(pid);
    unguard(pid);
  }
  await new Promise((resolve) => setImmediate(resolve));
}
unguard(LARGEST_PID + 1);
console.log("gone");
process.stdin.resume();
