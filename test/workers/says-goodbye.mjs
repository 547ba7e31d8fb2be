// Notes in a file that it leaves.
import { appendFileSync } from "node:fs";
import process from "node:process";

export default (file) => {
  process.on("exit", (code) => appendFileSync(file, `left with ${code}\n`));
};
