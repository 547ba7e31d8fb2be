/**
 * The pages name everything there is.
 */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ClusterError } from "../../mod.ts";
import { readPage } from "./pages.ts";

const source = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The members of an interface, and those that it picks from another. */
function membersOf(path: string, name: string): string[] {
  const [, head = "", body = ""] =
    new RegExp(`export interface ${name}\\b([^{]*)\\{\\n([^]*?)\\n\\}`).exec(source(path)) ?? [];
  const own = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, member]) => member as string);
  return [...own, ...[...head.matchAll(/"(\w+)"/g)].map(([, member]) => member as string)];
}

/** The part of a page below a heading. */
function section(path: string, heading: string): string {
  const [, rest = ""] = readPage(path).text.split(`\n## ${heading}\n`);
  return rest.split("\n## ")[0] as string;
}

describe("docs/options.md", () => {
  it.each([
    ["Of a cluster", "src/options.ts", "ComputeClusterOptions"],
    ["Of a job", "src/job-options.ts", "EnqueueOptions"],
    ["Of a map", "src/map-options.ts", "MapOptions"],
    ["Of a stream", "src/stream-options.ts", "StreamOptions"],
    ["Of a broadcast", "src/broadcast-options.ts", "BroadcastOptions"],
  ])("names every option: %s", (heading, path, name) => {
    const members = membersOf(path, name);
    expect(members.length).toBeGreaterThan(4);
    const text = section("docs/options.md", heading);
    for (const member of members) expect(text).toContain(`\`${member}\``);
  });
});

describe("docs/errors-and-events.md", () => {
  it("names every code", () => {
    const codes = [...source("src/core/errors.ts").matchAll(/^ {2}\| "(CC_\w+)"/gm)].map(([, code]) =>
      code as ClusterError["code"]
    );
    expect(codes).toContain("CC_ERR_OPTION");
    for (const code of codes) expect(section("docs/errors-and-events.md", "Errors")).toContain(`\`${code}\``);
  });

  it("names every event", () => {
    const types = [...source("src/core/fact.ts").matchAll(/readonly type: "([\w:]+)"/g)].map(([, type]) =>
      type as string
    );
    expect(types).toContain("job:settled");
    for (const type of types) expect(section("docs/errors-and-events.md", "Events")).toContain(`\`${type}\``);
  });

  it("names every statistic", () => {
    const fields = [...membersOf("src/core/engine.ts", "Stats"), ...membersOf("src/cluster.ts", "ClusterStats")];
    expect(fields).toContain("lost");
    for (const field of fields) expect(section("docs/errors-and-events.md", "Statistics")).toContain(`\`${field}\``);
  });
});
