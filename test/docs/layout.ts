/**
 * The blocks of a page as files and programs. A page has a folder; where a block names a file that there is already, a new
 * folder begins, with the files before it, so that each program sees what its reader has seen last.
 */

import type { Block } from "./blocks.ts";

/** The languages that run. */
const SCRIPTS: readonly string[] = ["ts", "js"];

/** What a page's blocks make. */
export interface Layout {
  readonly folders: readonly Folder[];
  /** Blocks to be parsed only. */
  readonly parsed: readonly Block[];
}

export interface Folder {
  readonly files: ReadonlyMap<string, File>;
  readonly runs: readonly Run[];
}

export interface File {
  readonly name: string;
  readonly text: string;
  readonly block: Block;
  /** Whether it was written for this folder, and not for one before. */
  readonly isNew: boolean;
}

/** Something to run: a program, or commands of a shell. */
export interface Run {
  readonly block: Block;
  /** Null: the commands in the block. */
  readonly file: string | null;
  /** What it must print, line by line; null if the page does not say. */
  output: readonly string[] | null;
}

/** A file that others import, or that is run by a command: it exports something, or is a worker of the original contract, or a test. */
export function isModule({ name, text }: Pick<File, "name" | "text">): boolean {
  return isFoundByTools({ name }) || /^(?:export |module\.exports|exports\.|process\.on\("message")/m.test(text);
}

function runsByItself(file: File): boolean {
  return !isModule(file) && file.block.hosts?.length !== 0;
}

/** A test, or the configuration of a tool. */
function isFoundByTools({ name }: Pick<File, "name">): boolean {
  return /(?:[._]test|\.config)\.\w+$/.test(name);
}

/** Throws where a block has no place. */
export function layOut(blocks: readonly Block[]): Layout {
  const folders: Draft[] = [new Draft(new Map())];
  const parsed: Block[] = [];
  for (const block of blocks) {
    const folder = folders.at(-1) as Draft;
    if (block.notRun !== null) {
      if (block.notRun.length < 10) throw new Error(`${block.at}: "${block.notRun}" is no reason`);
      parsed.push(block);
    } else if (block.continues !== null) {
      folder.append(block, block.continues);
    } else if (block.language === "output") {
      folder.expect(block);
    } else if (block.language === "sh") {
      folder.runs.push({ block, file: null, output: null });
    } else if (SCRIPTS.includes(block.language) || block.file !== null) {
      const name = block.file ?? `line-${block.at.split(":")[1]}.${block.language}`;
      if (!folder.files.has(name)) folder.add(block, name);
      else folders.push(folder.next(block, name));
      if (!SCRIPTS.includes(block.language)) parsed.push(block);
    } else if (["json", "yaml", "dockerfile"].includes(block.language)) {
      parsed.push(block);
    } else {
      throw new Error(`${block.at}: a block of "${block.language}" is not run, and no note says why`);
    }
  }
  for (const { files } of folders) for (const file of files.values()) checkUse(file, blocks);
  return { folders: folders.map((folder) => folder.done()), parsed };
}

function checkUse(file: File, blocks: readonly Block[]): void {
  if (!file.isNew || !SCRIPTS.includes(file.block.language) || runsByItself(file)) return;
  const uses = ({ language, notRun, text }: Block): boolean => {
    if (notRun !== null) return false;
    return text.includes(file.name) || (language === "sh" && isFoundByTools(file));
  };
  if (blocks.some((block) => block !== file.block && uses(block))) return;
  throw new Error(`${file.block.at}: no program and no command of the page uses ${file.name}`);
}

class Draft {
  readonly files: Map<string, File>;
  readonly runs: Run[] = [];

  constructor(files: Map<string, File>) {
    this.files = files;
  }

  next(block: Block, name: string): Draft {
    const draft = new Draft(new Map([...this.files].map(([name, file]) => [name, { ...file, isNew: false }])));
    draft.add(block, name);
    return draft;
  }

  add(block: Block, name: string): void {
    const file: File = { name, text: block.text, block, isNew: true };
    this.files.set(name, file);
    if (SCRIPTS.includes(block.language) && runsByItself(file)) this.runs.push({ block, file: name, output: null });
  }

  append(block: Block, name: string): void {
    const file = this.files.get(name);
    if (!file?.isNew) throw new Error(`${block.at}: there is no ${name} that it could continue`);
    this.files.set(name, { ...file, text: `${file.text}${block.text}` });
  }

  /** What the last thing that is run must print. */
  expect(block: Block): void {
    const last = this.runs.at(-1);
    if (!last) throw new Error(`${block.at}: nothing has been run that could print this`);
    last.output = block.text.trimEnd().split("\n");
  }

  done(): Folder {
    for (const run of this.runs) if (run.file !== null) run.output ??= arrows(this.files.get(run.file)?.text ?? "");
    return this;
  }
}

/** What a program says it prints: `// → 12.56` behind its lines. */
function arrows(text: string): string[] | null {
  const lines = [...text.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => (line as string).trimEnd());
  return lines.length > 0 ? lines : null;
}

/** Whether a line is as the page says, where `…` stands for anything. */
export function isAs(said: string, line: string): boolean {
  const parts = said.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(line);
}
