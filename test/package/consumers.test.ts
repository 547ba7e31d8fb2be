/**
 * The package in fresh folders, as each package manager installs it: ES modules, CommonJS and types.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { bin, bun, deno, npm, root } from "../../scripts/bin.mjs";
import { type Ended, succeeds } from "./command.ts";
import { type Files, freshHome, makeFolder, removeFolder, testFolder } from "./folder.ts";
import { appResult, APPS, AREA, CJS_RESULT, tsconfig, TYPED, TYPED_CTS } from "./programs.ts";
import { type Registry, startRegistry } from "./registry.ts";

let home: string;
let registry: Registry;

beforeAll(async () => {
  home = makeFolder();
  registry = await startRegistry(inject("tarball"), home);
});

afterAll(async () => {
  await registry.close();
  removeFolder(home);
});

const lastLine = ({ stdout }: Ended): unknown => JSON.parse(stdout.trim().split("\n").at(-1) ?? "");

/** A `package.json` of a project without the package. */
const PROJECT: Files = { "package.json": JSON.stringify({ private: true, type: "module" }) };

/** Instruments a cluster. */
const OTEL = `
import { ComputeCluster } from "compute-cluster";
import { instrument } from "compute-cluster/otel";
const cc = new ComputeCluster({ module: new URL("./area.mjs", import.meta.url) });
const end = instrument(cc);
console.log(JSON.stringify({ area: await cc.enqueue({ r: 2 }) }));
end();
await cc.close();
`;

const OTEL_CJS = `
const ComputeCluster = require("compute-cluster");
const { instrument } = require("compute-cluster/otel");
const cc = new ComputeCluster({ module: __dirname + "/area.mjs" });
instrument(cc);
cc.enqueue({ r: 2 }).then((area) => console.log(JSON.stringify({ area }))).then(() => cc.close());
`;

const tsc = bin("typescript", "tsc");

describe.concurrent("a fresh project runs the package, as ES modules and CommonJS, and compiles against it, after", () => {
  test("npm install, in Node", async ({ expect, onTestFinished }) => {
    const files = { ...PROJECT, ...APPS, ...TYPED, ...TYPED_CTS, ...tsconfig({ module: "nodenext" }) };
    const cwd = testFolder(files, onTestFinished);
    const env = { ...freshHome(home), npm_config_registry: registry.npm };
    await succeeds([...npm(), "install", "compute-cluster", "--no-audit", "--no-fund"], { cwd, env });
    const [esm, cjs] = await Promise.all([
      succeeds([process.execPath, "app.mjs", cwd], { cwd }),
      succeeds([process.execPath, "app.cjs"], { cwd }),
      succeeds([...tsc, "-p", "."], { cwd }),
    ]);
    expect(lastLine(esm)).toEqual(appResult("node"));
    expect(lastLine(cjs)).toEqual(CJS_RESULT);
    expect(esm.stderr + cjs.stderr, "no warnings").toBe("");
  });

  test("bun add, in Bun", async ({ expect, onTestFinished }) => {
    const files = { ...PROJECT, ...APPS, ...TYPED, ...TYPED_CTS, ...tsconfig({ module: "preserve" }) };
    const cwd = testFolder(files, onTestFinished);
    const env = { ...freshHome(home), npm_config_registry: registry.npm };
    await succeeds([bun, "add", "compute-cluster"], { cwd, env });
    const [esm, cjs] = await Promise.all([
      succeeds([bun, "app.mjs", cwd], { cwd, env }),
      succeeds([bun, "app.cjs"], { cwd, env }),
      succeeds([...tsc, "-p", "."], { cwd }),
    ]);
    expect(lastLine(esm)).toEqual(appResult("bun"));
    expect(lastLine(cjs)).toEqual(CJS_RESULT);
    expect(esm.stderr + cjs.stderr, "no warnings").toBe("");
  });

  test("deno add npm:, in Deno", async ({ expect, onTestFinished }) => {
    const cwd = testFolder({ ...PROJECT, ...APPS, ...TYPED }, onTestFinished);
    const env = { ...freshHome(home), NPM_CONFIG_REGISTRY: registry.npm };
    await succeeds([deno, "add", "npm:compute-cluster"], { cwd, env });
    const [esm, cjs] = await Promise.all([
      succeeds([deno, "run", "-A", "app.mjs", cwd], { cwd, env }),
      succeeds([deno, "run", "-A", "app.cjs"], { cwd, env }),
      succeeds([deno, "check", "typed.ts"], { cwd, env }),
    ]);
    expect(lastLine(esm)).toEqual(appResult("deno"));
    expect(lastLine(cjs)).toEqual(CJS_RESULT);
    expect(esm.stderr + cjs.stderr, "no warnings").toBe("");
  });

  test("deno add --unscoped jsr:, in Deno (import() from CommonJS)", async ({ expect, onTestFinished }) => {
    const { name } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
    const files = { ...APPS, ...TYPED, "app.cjs": CJS_IMPORT, "narrow.mjs": NARROW };
    const cwd = testFolder({ ...files, "deno.json": "{}" }, onTestFinished);
    const env = { ...freshHome(home), JSR_URL: registry.jsr, NPM_CONFIG_REGISTRY: registry.npm };
    await succeeds([deno, "add", "--unscoped", `jsr:${name}`], { cwd, env });
    const narrow = ["--no-prompt", "--allow-read=.", `--allow-import=${registry.host}`];
    const [esm, cjs, narrowed] = await Promise.all([
      succeeds([deno, "run", "-A", "app.mjs", cwd], { cwd, env }),
      succeeds([deno, "run", "-A", "app.cjs"], { cwd, env }),
      succeeds([deno, "run", ...narrow, "narrow.mjs"], { cwd, env }),
      succeeds([deno, "check", "typed.ts"], { cwd, env }),
    ]);
    expect(lastLine(esm)).toEqual(appResult("deno"));
    expect(lastLine(cjs)).toEqual({ area: AREA });
    expect(lastLine(narrowed)).toEqual({ area: AREA });
  });
});

describe.concurrent("compute-cluster/otel is found, with OpenTelemetry's API beside it,", () => {
  const project = { ...PROJECT, "otel.mjs": OTEL, "otel.cjs": OTEL_CJS, "area.mjs": APPS["area.mjs"] as string };

  test("in Node and Bun, and by require", async ({ expect, onTestFinished }) => {
    const cwd = testFolder(project, onTestFinished);
    const env = { ...freshHome(home), npm_config_registry: registry.npm };
    const packages = ["compute-cluster", "@opentelemetry/api"];
    await succeeds([...npm(), "install", ...packages, "--no-audit", "--no-fund"], { cwd, env });
    const ends = await Promise.all([
      succeeds([process.execPath, "otel.mjs"], { cwd }),
      succeeds([process.execPath, "otel.cjs"], { cwd }),
      succeeds([bun, "otel.mjs"], { cwd, env }),
    ]);
    for (const end of ends) expect(lastLine(end)).toEqual({ area: AREA });
  });

  test("in Deno, from JSR", async ({ expect, onTestFinished }) => {
    const { name } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
    const renamed = { "otel.mjs": OTEL.replaceAll("compute-cluster", name), "area.mjs": project["area.mjs"] };
    const cwd = testFolder({ ...renamed, "deno.json": "{}" }, onTestFinished);
    const env = { ...freshHome(home), JSR_URL: registry.jsr, NPM_CONFIG_REGISTRY: registry.npm };
    await succeeds([deno, "add", `jsr:${name}`], { cwd, env });
    expect(lastLine(await succeeds([deno, "run", "-A", "otel.mjs"], { cwd, env }))).toEqual({ area: AREA });
  });
});

/** A worker that tells which runtime it is in, and a job for it. */
const COMMAND: Files = {
  "where.mjs": 'export default () => "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";\n',
  "jobs.ndjson": "1\n",
};
const RUN = ["run", "where.mjs", "jobs.ndjson", "--values", "--quiet"];

describe.concurrent("a fresh project runs the command line, by", () => {
  test("npx, in Node", async ({ expect, onTestFinished }) => {
    const cwd = testFolder({ ...PROJECT, ...COMMAND }, onTestFinished);
    const env = { ...freshHome(home), npm_config_registry: registry.npm };
    const npx = [...npm(), "exec", "--yes", "--package=compute-cluster", "--", "compute-cluster"];
    expect((await succeeds([...npx, ...RUN], { cwd, env })).stdout).toBe('"node"\n');
  });

  test("bunx, in Node as its first line says, and with --bun in Bun", async ({ expect, onTestFinished }) => {
    const cwd = testFolder({ ...PROJECT, ...COMMAND }, onTestFinished);
    const env = { ...freshHome(home), npm_config_registry: registry.npm };
    await succeeds([bun, "add", "compute-cluster"], { cwd, env });
    expect((await succeeds([bun, "x", "compute-cluster", ...RUN], { cwd, env })).stdout).toBe('"node"\n');
    expect((await succeeds([bun, "--bun", "x", "compute-cluster", ...RUN], { cwd, env })).stdout).toBe('"bun"\n');
  });

  test("deno run jsr:, in Deno", async ({ expect, onTestFinished }) => {
    const { name } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
    const cwd = testFolder(COMMAND, onTestFinished);
    const env = { ...freshHome(home), JSR_URL: registry.jsr, NPM_CONFIG_REGISTRY: registry.npm };
    expect((await succeeds([deno, "run", "-A", `jsr:${name}/cli`, ...RUN], { cwd, env })).stdout).toBe('"deno"\n');
  });

  test("deno run npm:, in Deno", async ({ expect, onTestFinished }) => {
    const cwd = testFolder(COMMAND, onTestFinished);
    const env = { ...freshHome(home), NPM_CONFIG_REGISTRY: registry.npm };
    expect((await succeeds([deno, "run", "-A", "npm:compute-cluster", ...RUN], { cwd, env })).stdout).toBe('"deno"\n');
  });
});

/** `require` knows nothing of JSR. */
const CJS_IMPORT = `
import("compute-cluster").then(async ({ default: ComputeCluster }) => {
  const cc = new ComputeCluster({ module: __dirname + "/area.mjs" });
  console.log(JSON.stringify({ area: await cc.enqueue({ r: 2 }) }));
  await cc.close();
});
`;

/** Needs no right but to read its own folder. */
const NARROW = `
import { ComputeCluster } from "compute-cluster";
const cc = new ComputeCluster({ module: new URL("./area.mjs", import.meta.url) });
console.log(JSON.stringify({ area: await cc.enqueue({ r: 2 }) }));
await cc.close();
`;
