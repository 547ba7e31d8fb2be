/** What the guard of a program does where pids come round: in a pid namespace, which begins to count anew. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** Runs the program, waits until the guard has done its last, and tells who of the two lives. */
const SCRIPT = `
set -- $("$@" "$folder")
while [ -e "$folder" ]; do sleep 0.01; done
lives() { case $(cat "/proc/$1/stat" 2>/dev/null) in ''|*') Z '*) echo gone ;; *) echo lives ;; esac; }
lives "$1"
lives "$2"
`;

it("Another process that has a worker's pid by now is not killed when the program ends, and workers are", ({ skip, onTestFinished }) => {
  const alone = ["--pid", "--fork", "--mount-proc"];
  if (spawnSync("unshare", [...alone, "true"]).status !== 0) return skip("needs the right to make namespaces");
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-guard-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = fileURLToPath(new URL("another-pid.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(
    "unshare",
    [...alone, "sh", "-c", SCRIPT, "sh", process.execPath, "--import", "tsx", program],
    { env: { ...process.env, folder }, encoding: "utf8", timeout: 20_000 },
  );
  expect(stdout, stderr).toBe("lives\ngone\n");
});
