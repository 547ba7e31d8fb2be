// Dies in its first run; a file says that it has been.
import { existsSync, writeFileSync } from "node:fs";
import process from "node:process";

export default (file) => {
  if (existsSync(file)) return "the second run";
  writeFileSync(file, "");
  process.exit(5);
};
