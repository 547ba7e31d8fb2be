/**
 * Registers cases as tests, on the runtime that runs this file, in both isolations.
 */

import { describe, test } from "vitest";
import type { Isolation } from "../../mod.ts";
import { LACKS } from "../../runtimes/capabilities.ts";
import { runtime } from "../../runtimes/select.ts";
import type { Case } from "./case.ts";
import { Kit, NotHere } from "./kit.ts";

/** One test per case and isolation. */
export function registerSuites(suites: Readonly<Record<string, readonly Case[]>>): void {
  for (const isolation of ["process", "thread"] satisfies Isolation[]) {
    describe(`${runtime} ${isolation}`, () => {
      for (const [title, cases] of Object.entries(suites)) {
        describe(title, () => cases.forEach((item) => register(item, isolation)));
      }
    });
  }
}

function register(item: Case, isolation: Isolation): void {
  const lack = item.needs ? LACKS[`${runtime} ${isolation}`][item.needs] : undefined;
  if (lack && !item.otherwise) {
    // Counted as skipped, under a name that says why.
    const why = [lack.because, lack.link, lack.seen].filter(Boolean).join("; ");
    test.skipIf(true)(`${item.name} [${why}]`, () => {});
    return;
  }
  const run = lack ? item.otherwise : item.run;
  test(item.name, async (context) => {
    const kit = new Kit(isolation);
    try {
      await run?.call(item, kit);
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      context.skip(error.message);
    } finally {
      await kit.clean();
    }
  });
}
