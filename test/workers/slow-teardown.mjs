// Has more to do at its end than anybody waits for.
import { perform } from "./perform.mjs";

export const teardown = () => new Promise((resolve) => setTimeout(resolve, 20_000));
export default perform;
