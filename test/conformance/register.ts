/**
 * Registers cases as tests, on the runtime that runs this file: in both isolations, or for another kind of cluster.
 */

import { describe, test } from "vitest";
import type { Isolation } from "../../mod.ts";
import { LACKS } from "../../runtimes/capabilities.ts";
import { runtime } from "../../runtimes/select.ts";
import type { Case } from "./case.ts";
import { type Kind, Kit, NotHere } from "./kit.ts";

/** One test per case and isolation. */
export function registerSuites(suites: Readonly<Record<string, readonly Case[]>>): void {
  for (const isolation of ["process", "thread"] satisfies Isolation[]) {
    const name = `${runtime} ${isolation}` as const;
    registerKind({ name, isolation, lacks: LACKS[name], elsewhere: null }, suites);
  }
}

/**
 * One test per case.
 *
 * @param leftOut Why cases have nothing to say of the kind, by their names.
 */
export function registerKind(
  kind: Kind,
  suites: Readonly<Record<string, readonly Case[]>>,
  leftOut: Readonly<Record<string, string>> = {},
): void {
  describe(kind.name, () => {
    for (const [title, cases] of Object.entries(suites)) {
      describe(title, () => cases.forEach((item) => register(item, kind, leftOut[item.name])));
    }
  });
}

function register(item: Case, kind: Kind, leftOut: string | undefined): void {
  const lack = item.needs ? kind.lacks[item.needs] : undefined;
  if (leftOut !== undefined || lack && !item.otherwise) {
    // Counted as skipped, under a name that says why.
    const why = leftOut ?? [lack?.because, lack?.link, lack?.seen].filter(Boolean).join("; ");
    test.skipIf(true)(`${item.name} [${why}]`, () => {});
    return;
  }
  const run = lack ? item.otherwise : item.run;
  test(item.name, async (context) => {
    const kit = new Kit(kind);
    // Not in a `finally`: a case that hits its time limit may never get there.
    context.onTestFinished(() => kit.clean());
    try {
      await run?.call(item, kit);
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      context.skip(error.message);
    }
  });
}
