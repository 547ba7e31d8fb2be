/**
 * What a process and the holder of its budget say to each other: lines of a word and numbers.
 *
 * ```text
 * join 1 8 0        member 1 takes part, wants 8 workers at most, and is of level 0
 * report 1 3 2 4    it needs 3, has 2, and has heard that it may have 4
 * leave 1
 * allow 1 3         member 1 may have 3
 * ```
 *
 * @module
 */

import type { Socket } from "node:net";

/** Longer than any line. Whoever says more without an end is none of ours. */
const LONGEST = 200;

/** Says a line. One that can't be said any more is of no use to anybody: the connection's end tells. */
export function say(socket: Socket, word: string, ...numbers: readonly number[]): void {
  if (!socket.destroyed) socket.write(`${[word, ...numbers].join(" ")}\n`);
}

/** Calls back with each line. What is none ends the connection. */
export function hearLines(socket: Socket, heard: (word: string, ...numbers: number[]) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string | Uint8Array) => {
    const lines = (rest + String(text)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [word = "", ...numbers] = line.split(" ");
      const values = numbers.map(Number);
      if (!values.every((value) => Number.isSafeInteger(value) && value >= 0)) return void socket.destroy();
      heard(word, ...values);
    }
    if (rest.length > LONGEST) socket.destroy();
  });
}
