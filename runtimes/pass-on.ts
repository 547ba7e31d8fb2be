/**
 * What workers print on stderr comes out on the program's.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { ownProcess } from "../src/built-in.ts";

function ignore(): void {}

/** How many writes are under way. */
let writes = 0;

/**
 * Prints it. Where nobody reads it any more it is lost, as what the program itself prints by `console.error`: an error that nobody hears
 * would end the program.
 */
export function passOn(chunk: Uint8Array): void {
  const { stderr } = ownProcess();
  if (writes++ === 0) stderr.on("error", ignore);
  // It is told of the error before anybody else is.
  stderr.write(chunk, () => void setImmediate(() => --writes === 0 && stderr.off("error", ignore)));
}
