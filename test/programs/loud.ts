// Its worker writes much; it tells of itself by a file alone.
import { appendFileSync, existsSync } from "node:fs";
import process from "node:process";
import { ComputeCluster, type Isolation } from "../../mod.ts";

const [isolation, log, lines, file] = process.argv.slice(2) as [Isolation, string, string, string?];
const tell = (text: unknown): void => appendFileSync(log, `${text}\n`);
const module = new URL("../workers/loud.mjs", import.meta.url);
const cc = new ComputeCluster({ module, isolation, maxWorkers: 1, killGrace: 20_000 });
process.on("uncaughtException", (error) => tell(`uncaught ${error}`));
if (file) {
  cc.enqueue({ lines: Number(lines), file }, (error) => tell((error as Error & { code: string }).code));
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5));
} else {
  for (let i = 0; i < 2; i++) tell(await cc.enqueue({ lines: Number(lines) }));
}
await cc.exit();
tell("exited");
