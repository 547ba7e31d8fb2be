/**
 * The blocks of all pages, run: programs on the runtimes that they are for, commands in a shell.
 */

import { transformSync } from "esbuild";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { Broker } from "../nats/broker.ts";
import { HOSTS } from "../examples/programs.ts";
import { ended } from "../package/command.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { isAs, layOut, type Run } from "./layout.ts";
import { PAGES } from "./pages.ts";
import { Project, type Written } from "./project.ts";

const layouts = PAGES.map(({ path, text }) => ({ path, ...layOut(blocksOf(path, text)) }));
const parsed = layouts.flatMap((layout) => layout.parsed);
const notRun = parsed.filter((block) => block.notRun !== null);

/** How long one run may take, in milliseconds, on a machine that is busy. */
const LIMIT = 60_000;

// Commands are a POSIX shell's.
describe.skipIf(process.platform === "win32")("the pages", () => {
  let project: Project;
  /** For the pages whose programs ask for one. */
  let broker: Broker | null = null;
  const written = new Map<Run, Written>();
  const folders: Written[] = [];

  beforeAll(async () => {
    if (PAGES.some(({ text }) => text.includes("NATS_URL"))) broker = await Broker.start();
    project = new Project();
    project.install();
    for (const { path, folders: drafts } of layouts) {
      drafts.forEach((folder, i) => {
        const made = project.write(join(path.replace(/\W/g, "-"), String(i)), folder);
        folders.push(made);
        for (const run of folder.runs) written.set(run, made);
      });
    }
  });
  afterAll(async () => {
    await broker?.end();
    project.remove();
  });

  const isCommand = ({ file }: Run): boolean => file === null;
  const runs = layouts.flatMap((layout) => layout.folders).flatMap((folder) => folder.runs);
  const programs = runs.filter((run) => !isCommand(run));

  async function succeed(run: Run, host: typeof HOSTS[number]): Promise<void> {
    const { path } = written.get(run) as Written;
    const { code, stdout, stderr, late } = await ended(project.commandOf(run, host), {
      cwd: path,
      env: { ...project.env, ...broker ? { NATS_URL: broker.url } : {} },
      timeout: LIMIT,
    });
    const how = `${run.block.at} ${late ? "takes too long" : `ended with code ${code}`}`;
    if (code !== 0 || late) throw new Error(`${how}\n${stdout}\n${stderr}`);
    if (run.output === null) return;
    const lines = stdout.trimEnd().split("\n");
    const same = lines.length === run.output.length && lines.every((line, i) => isAs(run.output?.[i] as string, line));
    if (!same) expect(`${stdout.trimEnd()}\n${stderr}`, run.block.at).toBe(`${run.output.join("\n")}\n`);
  }

  describe.concurrent.for(HOSTS)("programs on %s", (host) => {
    const here = programs.filter(({ block }) => block.hosts?.includes(host) ?? true);
    it.for(here.map((run) => [`${run.block.at} ${run.file}`, run] as const))(
      "%s",
      { timeout: LIMIT },
      ([, run]) => succeed(run, host),
    );
  });

  // Those of a page build on one another.
  describe.concurrent("commands", () => {
    const pages = layouts.map(({ path, folders }) =>
      [path, folders.flatMap((folder) => folder.runs).filter(isCommand)] as const
    );
    it.for(pages.filter(([, commands]) => commands.length > 0))(
      "of %s",
      { timeout: 2 * LIMIT },
      async ([, commands]) => {
        for (const command of commands) await succeed(command, "node");
      },
    );
  });

  it("have the types of the package", { timeout: LIMIT }, async () => {
    const files = folders.flatMap(({ path, folder }) => {
      const mine = [...folder.files.values()].filter(({ name, isNew }) => isNew && name.endsWith(".ts"));
      return mine.map(({ name, block }) => ({ path: join(path, name), hosts: block.hosts?.join() ?? "" }));
    });
    const check = (name: string, wanted: (hosts: string) => boolean, types: string[]): Promise<unknown> => {
      const paths = files.filter(({ hosts }) => wanted(hosts)).map(({ path }) => path);
      return paths.length > 0
        ? ended(project.compilerFor(name, paths, types), { cwd: project.path, timeout: LIMIT })
        : Promise.resolve({ code: 0, stdout: "" });
    };
    const fine = { code: 0, stdout: "" };
    expect(await check("node", (hosts) => !["bun", "deno"].includes(hosts), ["node"])).toMatchObject(fine);
    expect(await check("bun", (hosts) => hosts === "bun", ["bun"])).toMatchObject(fine);
  });
});

describe("blocks that are not run", () => {
  it.each(parsed.map((block) => [block.at, block] as const))("%s parses", (_, block) => parse(block));

  it(`say why: ${notRun.length} of ${layouts.length} pages`, () => {
    for (const { at, notRun: why } of notRun) expect(why, at).toMatch(/\w+ \w+/);
  });
});

const INSTRUCTION =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR) \S/;

function parse({ language, text }: Block): void {
  switch (language) {
    case "ts":
    case "js":
      transformSync(text, { loader: language });
      return;
    case "json":
      JSON.parse(text);
      return;
    case "yaml":
      for (const document of parseAllDocuments(text)) expect(document.errors).toEqual([]);
      return;
    case "dockerfile":
      for (const line of text.replace(/\\\n/g, " ").split("\n")) {
        if (line.trim() !== "" && !line.startsWith("#")) expect(line).toMatch(INSTRUCTION);
      }
      return;
  }
}
