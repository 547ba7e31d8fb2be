/**
 * The pages that users read.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/bin.mjs";

/** A page, by its path in the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n") };
}

/** The pages of `docs/`, without the decisions, which are for developers. */
export const DOCS: readonly Page[] = markdownIn("docs");

/** Those whose blocks are run. */
export const PAGES: readonly Page[] = [readPage("README.md"), ...DOCS];

/** Those whose links must lead somewhere. */
export const LINKING: readonly Page[] = [
  ...PAGES,
  ...["CONTRIBUTING.md", "CHANGELOG.md"].map(readPage),
  ...markdownIn("docs/decisions"),
  ...readdirSync(join(root, "examples")).flatMap((name) => markdownIn(`examples/${name}`)),
];

function markdownIn(folder: string): Page[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => readPage(`${folder}/${name}`));
}
