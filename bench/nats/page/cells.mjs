// How figures look.
import { table } from "../../speed/table.mjs";

/** A table, as lines. @param {string[]} head @param {(string | number)[][]} rows */
export const lines = (head, rows) => table([head, ...rows.map((row) => row.map(String))]).split("\n");

/** Such as 12 345. */
export const whole = (value) => Math.round(value).toLocaleString("en-US").replaceAll(",", " ");

/** So many digits that count, and no more of the others than there are: 0.012, 1.2, 123. */
export function short(value) {
  if (value >= 100 || Number.isInteger(value)) return whole(value);
  return value.toFixed(Math.max(0, Math.min(4, 1 - Math.floor(Math.log10(value)))));
}

export const percent = (part) => `${(part * 100).toFixed(1)} %`;

/** The median, and how far it goes; a dash for what was not measured. */
export function among(figure, cell = short) {
  return figure ? `${cell(figure.median)} (${cell(figure.least)}–${cell(figure.most)})` : "–";
}

/** The median alone. */
export const middle = (figure, cell = short) => figure ? cell(figure.median) : "–";

/** Such as 50 ms, or 60 s. */
export const time = (ms) => ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;

/** Such as 1, or 4 to 17. @param {number[]} values */
export function range(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(short);
  return least === most ? least : `${least} to ${most}`;
}

/** How wide text is, in characters. */
const WIDTH = 136;

/** Text in lines that are not too long, the first of which begins so; however it was broken before. */
export function wrapped(text, begin = "") {
  const found = [];
  let line = begin;
  for (const word of text.trim().split(/\s+/)) {
    if (line.trim() !== begin.trim() && line.length + 1 + word.length > WIDTH) {
      found.push(line);
      line = " ".repeat(begin.length) + word;
    } else line += (line === begin ? "" : " ") + word;
  }
  return [...found, line];
}

/** An item of a list. */
export const item = (text) => wrapped(text, "- ");
