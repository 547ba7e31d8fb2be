/**
 * A terminal that shows one text after the other in the same place, and is left as it was.
 *
 * @module
 */

import process from "node:process";
import { stripVTControlCharacters, styleText } from "node:util";
import ansi from "ansi-escapes";

/** Ctrl-C, which is a key while a program reads them. */
const CTRL_C = "\x03";

/** The whole terminal, until it is ended. */
export class Screen {
  readonly #end: () => void;
  #lines: readonly string[] = [];

  /** @param end Called when the user wants it to end: by `q`, or Ctrl-C. */
  constructor(end: () => void) {
    this.#end = end;
    process.stdout.write(ansi.enterAlternativeScreen + ansi.cursorHide);
    process.stdout.on("resize", this.#draw);
    // Also if the program ends otherwise.
    process.once("exit", this.#restore);
    if (!process.stdin.isTTY) return;
    process.stdin.setRawMode(true);
    process.stdin.on("data", this.#key);
    process.stdin.resume();
  }

  /** Shows a text, of which headings are bold: its first line, and each line after an empty one. What does not fit is cut off. */
  show(text: string): void {
    this.#lines = text.split("\n");
    this.#draw();
  }

  /** Gives the terminal back. */
  end(): void {
    process.off("exit", this.#restore);
    process.stdout.off("resize", this.#draw);
    process.stdin.off("data", this.#key);
    this.#restore();
  }

  readonly #draw = (): void => {
    // Some terminals have none, or say 0.
    const columns = process.stdout.columns || 80;
    const rows = process.stdout.rows || 24;
    const fits = this.#lines.length <= rows;
    const shown = fits ? this.#lines : [...this.#lines.slice(0, rows - 1), `… ${this.#lines.length - rows + 1} more`];
    const drawn = shown.map((line, i) => {
      const cut = stripVTControlCharacters(line).slice(0, columns);
      const isHeading = i === 0 || this.#lines[i - 1] === "";
      return (isHeading ? styleText("bold", cut) : cut) + ansi.eraseEndLine;
    });
    process.stdout.write(ansi.cursorTo(0, 0) + drawn.join("\r\n") + ansi.eraseDown);
  };

  readonly #key = (key: Uint8Array): void => {
    const text = new TextDecoder().decode(key);
    if (text.includes("q") || text.includes(CTRL_C)) this.#end();
  };

  readonly #restore = (): void => {
    process.stdout.write(ansi.cursorShow + ansi.exitAlternativeScreen);
    if (!process.stdin.isTTY) return;
    process.stdin.setRawMode(false);
    process.stdin.pause();
  };
}
