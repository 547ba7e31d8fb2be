/**
 * The fenced blocks of a page, and what their notes say. A note is an HTML comment above the block, which readers don't see:
 *
 * ```md
 * <!-- file: deno.json -->        the file that the block is; a first line such as `// worker.ts` or `# app.yaml` says it too
 * <!-- continues: main.ts -->     the block is the rest of that file
 * <!-- run: node, bun -->         where it runs, if not everywhere
 * <!-- run: command -->           it is run by a command of the page, and not by itself
 * <!-- not run: why not -->       it is not run, only parsed
 * ```
 *
 * A block inside of an HTML comment is one like any other: what a program needs and its reader does not.
 */

import type { Host } from "../examples/programs.ts";

/** A fenced block. */
export interface Block {
  /** The page, and the line on which it begins. */
  readonly at: string;
  readonly language: string;
  readonly text: string;
  readonly file: string | null;
  readonly continues: string | null;
  /** Null: everywhere. None: by a command of the page. */
  readonly hosts: readonly Host[] | null;
  /** Why it is not run. */
  readonly notRun: string | null;
}

interface Note {
  readonly key: string;
  readonly value: string;
}

const FENCE = /^( *)(`{3,})([\w-]*)\s*$/;
const COMMENT = /^\s*(?:<!--\s*)?(?:(?<key>[a-z ]+?):\s*(?<value>.+?))?\s*(?:-->)?\s*$/;
const KEYS = ["file", "continues", "run", "not run"];
const HOST_NAMES: readonly string[] = ["node", "bun", "deno"];

/** The first line of a block that names its file. */
const TITLE = /^(?:\/\/|#) ([\w./-]*\.\w+|Dockerfile)$/;

/** Reads a page. Throws where a note makes no sense or a fence is not closed. */
export function blocksOf(page: string, markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const open = FENCE.exec(lines[i] as string);
    if (!open) continue;
    const [, indent = "", ticks = "", language = ""] = open;
    const at = `${page}:${i + 1}`;
    const end = lines.findIndex((line, j) => j > i && line.trim() === ticks);
    if (end < 0) throw new Error(`${at}: the block has no end`);
    const text = lines.slice(i + 1, end).map((line) => line.startsWith(indent) ? line.slice(indent.length) : line);
    blocks.push(block(at, language, text, notesAbove(lines, i, at)));
    i = end;
  }
  return blocks;
}

function block(at: string, language: string, lines: readonly string[], notes: readonly Note[]): Block {
  const note = (key: string): string | null => notes.find((note) => note.key === key)?.value ?? null;
  const title = TITLE.exec(lines[0] ?? "")?.[1] ?? null;
  return {
    at,
    language,
    text: `${lines.join("\n")}\n`,
    file: note("file") ?? title,
    continues: note("continues"),
    hosts: hostsIn(note("run"), at),
    notRun: note("not run"),
  };
}

function hostsIn(note: string | null, at: string): Host[] | null {
  if (note === null || note === "command") return note === null ? null : [];
  return note.split(/\s*,\s*/).map((name) => {
    if (HOST_NAMES.includes(name)) return name as Host;
    throw new Error(`${at}: there is no runtime ${name}`);
  });
}

/** The comments that stand right above a fence, empty lines between. */
function notesAbove(lines: readonly string[], fence: number, at: string): Note[] {
  const notes: Note[] = [];
  for (let i = fence - 1; i >= 0; i--) {
    const line = lines[i] as string;
    if (line.trim() === "") continue;
    if (line.trim() === "<!--") break;
    const hidden = /^\s*<!--.*[^>-]$/.test(line);
    if (!hidden && !/^\s*<!--.*-->\s*$/.test(line)) break;
    const { key, value } = COMMENT.exec(line)?.groups ?? {};
    if (key === undefined || value === undefined) break;
    if (!KEYS.includes(key)) throw new Error(`${at}: a note says ${KEYS.join(", ")}, and not ${key}`);
    notes.push({ key, value });
    if (hidden) break;
  }
  return notes;
}
