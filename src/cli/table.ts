/**
 * Tables as text.
 *
 * @module
 */

/**
 * Rows with their cells below one another, two spaces between columns.
 *
 * @param texts The columns that are texts; the others are numbers, and stand at the right.
 */
export function aligned(rows: readonly (readonly string[])[], texts: readonly number[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return texts.includes(column) ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}

/** Text of somebody else's, without what would have a terminal do something. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "�");
}

/** 1234 as 1.2 s: milliseconds in the largest unit of which there are some. */
export function time(milliseconds: number): string {
  const [, size, unit] = UNITS.find(([least]) => milliseconds >= least) ?? [0, 1, "ms"];
  const number = milliseconds / size;
  return `${number.toFixed(number < 10 && milliseconds !== 0 ? 1 : 0)} ${unit}`;
}

/** From how many milliseconds on each is used, and how many it is. */
const UNITS = [
  [2 * 86_400_000, 86_400_000, "d"],
  [2 * 3_600_000, 3_600_000, "h"],
  [120_000, 60_000, "min"],
  [1000, 1000, "s"],
] as const;

/** 2048 as 2.0 kB. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}
