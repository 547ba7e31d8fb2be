// Compresses a folder on all cores, and says how much faster that was than on the main thread.
import process from "node:process";
import { readArguments, USAGE } from "./arguments.ts";
import { EXIT, prepare, run } from "./command.ts";
import { reasonOf } from "./files.ts";

const stop = new AbortController();
const interrupt = (): void => stop.abort();
// Once: a second Ctrl-C ends the program as usual.
process.once("SIGINT", interrupt);
try {
  const args = readArguments(process.argv.slice(2));
  if (args.help) console.log(USAGE);
  else process.exitCode = await run(await prepare(args), stop.signal);
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = EXIT.nothingDone;
} finally {
  process.off("SIGINT", interrupt);
}
