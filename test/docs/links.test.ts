/**
 * Every link of the documentation leads somewhere, and the index leads to every page.
 */

import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/bin.mjs";
import { DOCS, LINKING, type Page, readPage } from "./pages.ts";

/** The text that is shown: without blocks of code and comments. */
function prose(text: string): string {
  return text.replace(/^ *(`{3,})[^]*?^ *\1 *$/gm, "").replace(/<!--[^]*?-->/g, "");
}

/** The relative links of a page. */
function linksOf({ text }: Page): string[] {
  const shown = prose(text).replace(/`[^`\n]*`/g, "");
  const links = [...shown.matchAll(/\]\(([^)\s]+)\)|(?:href|src)="([^"]+)"/g)].map(([, md, html]) => md ?? html);
  return (links as string[]).filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors of a page: its headings, as GitHub makes them, and its own. */
function anchorsOf({ text }: Page): Set<string> {
  const shown = prose(text);
  const anchors = new Set([...shown.matchAll(/(?:id|name)="([^"]+)"/g)].map(([, id]) => id as string));
  const seen = new Map<string, number>();
  for (const [, heading] of shown.matchAll(/^#+ (.+)$/gm)) {
    const words = (heading as string).replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "").trim().toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

describe("links", () => {
  it.each(LINKING.map((page) => [page.path, page] as const))("of %s lead somewhere", (path, page) => {
    for (const link of linksOf(page)) {
      const [file, anchor] = link.split("#") as [string, string?];
      const target = file === "" ? path : normalize(join(dirname(path), decodeURIComponent(file)));
      expect(existsSync(join(root, target)), `${path}: ${link}`).toBe(true);
      if (anchor === undefined) continue;
      expect(statSync(join(root, target)).isFile(), `${path}: ${link}`).toBe(true);
      expect([...anchorsOf(readPage(target))], `${path}: ${link}`).toContain(anchor);
    }
  });

  it("of docs/README.md lead to every page", () => {
    const index = DOCS.find(({ path }) => path === "docs/README.md") as Page;
    const linked = linksOf(index).filter((link) => /^[^/]+\.md$/.test(link)).map((link) => `docs/${link}`);
    expect(linked.sort()).toEqual(DOCS.map(({ path }) => path).filter((path) => path !== index.path));
  });
});
