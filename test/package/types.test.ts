/**
 * The package's types under each way of module resolution, from both kinds of modules.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, inject, test } from "vitest";
import * as mod from "../../mod.ts";
import * as nats from "../../nats.ts";
import * as otel from "../../otel.ts";
import { bin, root } from "../../scripts/bin.mjs";
import { ended, succeeds } from "./command.ts";
import { type Files, testFolder } from "./folder.ts";
import { tsconfig, TYPED, TYPED_CTS } from "./programs.ts";

const tsc = [...bin("typescript", "tsc"), "-p", "."];

/** Uses nothing that comes from Node's own types. */
const PLAIN: Files = {
  "plain.ts": `
import { ComputeCluster, type EnqueueOptions } from "compute-cluster";
const options: EnqueueOptions<"greet"> = { task: "greet" };
export const answer: Promise<string> = new ComputeCluster<typeof import("./worker.ts")>({ module: "w" }).enqueue("you", options);
`,
};

/** A class is a type, too. */
const isClass = (value: unknown): boolean => typeof value === "function" && /^class\b/.test(String(value));

describe.concurrent("the types", () => {
  const everywhere = { ...TYPED, ...TYPED_CTS };
  const cases: [string, Files, Record<string, unknown>][] = [
    ["node16", everywhere, { module: "node16" }],
    ["nodenext", everywhere, { module: "nodenext" }],
    ["preserve, as bundlers resolve", everywhere, { module: "preserve" }],
    ["esnext, as bundlers resolve", TYPED, { module: "esnext", moduleResolution: "bundler" }],
    ["nodenext without Node's types", { ...PLAIN, "worker.ts": TYPED["worker.ts"] as string }, {
      module: "nodenext",
      types: [],
      skipLibCheck: true,
    }],
  ];
  test.for(cases)("compile: %s", async ([, files, options], { onTestFinished }) => {
    const project = { ...files, ...tsconfig(options), "package.json": `{"type":"module"}` };
    await succeeds(tsc, { cwd: testFolder(project, onTestFinished, inject("installed")) });
  });

  test("refuse what the worker does not take", async ({ expect, onTestFinished }) => {
    const wrong = (TYPED["typed.ts"] as string).replace("cc.enqueue({ r: 2 })", "cc.enqueue({ r: '2' })");
    const project = {
      ...TYPED,
      "typed.ts": wrong,
      ...tsconfig({ module: "nodenext" }),
      "package.json": `{"type":"module"}`,
    };
    const { code, stdout } = await ended(tsc, { cwd: testFolder(project, onTestFinished, inject("installed")) });
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/Type 'string' is not assignable to type 'number'/);
  });

  test("of CommonJS have every name that the ES module exports", ({ expect }) => {
    const exported = [...readFileSync(join(root, "mod.ts"), "utf8").matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
      .flatMap((match) => (match[1] as string).split(","))
      .map((name) => name.trim().split(" as ").at(-1) as string)
      .filter((name) => name !== "" && name !== "default");
    const declared = [...readFileSync(join(root, "cjs/mod.d.cts"), "utf8").matchAll(/^ {2}type (\w+)/gm)].map((match) =>
      match[1]
    );
    expect(exported.length).toBeGreaterThan(10);
    expect(declared.toSorted()).toEqual(exported.toSorted());
  });

  test("of CommonJS have every value that the ES module exports", ({ expect }) => {
    const declared = [...readFileSync(join(root, "cjs/mod.d.cts"), "utf8").matchAll(/^ {2}readonly (\w+)/gm)].map((
      match,
    ) => match[1]);
    expect(declared.toSorted()).toEqual(Object.keys(mod).toSorted());
  });

  test.for(Object.entries({ otel, nats }))(
    "of CommonJS have every name that %s exports",
    ([name, values], { expect }) => {
      const exported = [...readFileSync(join(root, `${name}.ts`), "utf8").matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
        .flatMap((match) => (match[1] as string).split(",")).map((exported) => exported.trim());
      const text = readFileSync(join(root, `cjs/${name}.d.cts`), "utf8");
      const declared = (kind: string): string[] =>
        [...text.matchAll(new RegExp(`^export ${kind} (\\w+)`, "gm"))].map((match) => match[1] as string);
      expect([...new Set(declared("(?:declare const|type)"))].toSorted()).toEqual(exported.toSorted());
      expect(declared("declare const").toSorted()).toEqual(Object.keys(values).toSorted());
      expect(declared("type")).toEqual(
        expect.arrayContaining(
          Object.entries(values).filter(([, value]) => isClass(value)).map(([className]) => className),
        ),
      );
    },
  );
});
