// Takes its time to leave when it is told to. Writes down that it is there, and that it leaves.
import { appendFileSync } from "node:fs";
import process from "node:process";

let file;
export const setup = (given) => {
  file = given;
  appendFileSync(file, `${process.pid}\n`);
};
process.on("SIGTERM", () => setTimeout(() => process.exit(0), 300));

export default ({ die }) => {
  if (die) process.exit(1);
  return process.pid;
};
