import { describe, expect, it } from "vitest";
import { blocksOf } from "./blocks.ts";
import { isAs, isModule, layOut } from "./layout.ts";

const page = (...lines: string[]): string => lines.join("\n");
const laidOut = (...lines: string[]) => layOut(blocksOf("page.md", page(...lines)));

const WORKER = ["```ts", "// worker.ts", "export default () => 1;", "```"];
const MAIN = ["```ts", "// main.ts", 'import "./worker.ts";', "console.log(1); // → 1", "```"];

describe("blocksOf", () => {
  it("reads what stands above a block", () => {
    const [block] = blocksOf(
      "page.md",
      page("<!-- file: a.json -->", "<!-- run: node, bun -->", "", "```json", "{}", "```"),
    );
    expect(block).toEqual({
      at: "page.md:4",
      language: "json",
      text: "{}\n",
      file: "a.json",
      continues: null,
      hosts: ["node", "bun"],
      notRun: null,
    });
  });

  it("reads a block inside of a comment, with its note", () => {
    const blocks = blocksOf("page.md", page("<!-- continues: main.ts", "```ts", "end();", "```", "-->"));
    expect(blocks).toMatchObject([{ continues: "main.ts", text: "end();\n" }]);
  });

  it("leaves other comments alone, and other blocks' notes", () => {
    const lines = [
      "<!-- not run: it is another's -->",
      "```sh",
      "a",
      "```",
      "<!-- capabilities -->",
      "```sh",
      "b",
      "```",
    ];
    expect(blocksOf("page.md", page(...lines)).map(({ notRun }) => notRun)).toEqual(["it is another's", null]);
  });

  it("refuses a note that it does not know, a runtime, and a block without an end", () => {
    expect(() => blocksOf("page.md", page("<!-- skip: it is slow -->", "```sh", "a", "```"))).toThrow(
      "page.md:2: a note",
    );
    expect(() => blocksOf("page.md", page("<!-- run: java -->", "```sh", "a", "```"))).toThrow("no runtime java");
    expect(() => blocksOf("page.md", page("```sh", "a"))).toThrow("page.md:1: the block has no end");
  });
});

describe("layOut", () => {
  it("runs what is no module, and knows what it prints", () => {
    const { folders } = laidOut(...WORKER, ...MAIN);
    expect(folders).toHaveLength(1);
    expect(folders[0]?.runs).toMatchObject([{ file: "main.ts", output: ["1"] }]);
  });

  it("begins a folder where a file is named again, with those before it", () => {
    const { folders } = laidOut(...WORKER, ...MAIN, ...MAIN);
    expect(folders.map(({ files }) => [...files.keys()])).toEqual([["worker.ts", "main.ts"], ["worker.ts", "main.ts"]]);
    expect(folders.map(({ runs }) => runs.length)).toEqual([1, 1]);
  });

  it("adds to a file, and takes the output of a block", () => {
    const { folders } = laidOut(...WORKER, ...MAIN, "<!-- continues: main.ts -->", "```ts", "end();", "```");
    expect(folders[0]?.files.get("main.ts")?.text).toContain("→ 1\nend();\n");
    const { folders: others } = laidOut("```sh", "echo a", "```", "```output", "a", "```");
    expect(others[0]?.runs).toMatchObject([{ file: null, output: ["a"] }]);
  });

  it("refuses what is not run without a reason", () => {
    expect(() => laidOut("```text", "a", "```")).toThrow('a block of "text" is not run');
    expect(() => laidOut("```", "a", "```")).toThrow('a block of "" is not run');
    expect(() => laidOut("<!-- not run: no -->", "```sh", "a", "```")).toThrow('"no" is no reason');
    expect(laidOut("<!-- not run: it would take hours -->", "```sh", "a", "```")).toMatchObject({ parsed: [{}] });
  });

  it("refuses a module that nothing uses, a continuation of nothing, and an output of nothing", () => {
    expect(() => laidOut(...WORKER)).toThrow("no program and no command of the page uses worker.ts");
    expect(() => laidOut("<!-- continues: main.ts -->", "```ts", "end();", "```")).toThrow("there is no main.ts");
    expect(() => laidOut("```output", "a", "```")).toThrow("nothing has been run");
  });
});

describe("isModule", () => {
  it.each([
    ["worker.ts", "export const a = 1;", true],
    ["worker.cjs", "module.exports = () => 1;", true],
    ["worker.cjs", 'process.on("message", () => {});', true],
    ["area.test.ts", 'import "vitest";', true],
    ["area_test.ts", "", true],
    ["main.ts", 'import "./worker.ts";', false],
  ])("of %s with %j is %s", (name, text, is) => expect(isModule({ name, text })).toBe(is));
});

describe("isAs", () => {
  it("takes … for anything, and everything else as it is", () => {
    expect(isAs("compute process (…) dies with code: 1", "compute process (4711) dies with code: 1")).toBe(true);
    expect(isAs("1.5", "1x5")).toBe(false);
    expect(isAs("a", "ab")).toBe(false);
  });
});
