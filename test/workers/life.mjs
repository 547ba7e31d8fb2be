// Says when it is set up and torn down.
import { appendFileSync } from "node:fs";

let data;
export const setup = async (given) => {
  await null;
  data = given;
  appendFileSync(data.file, "setup\n");
};
export const teardown = async () => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  appendFileSync(data.file, "teardown\n");
};
export default () => data.greeting;
