import { mkdir, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { File } from "./files.ts";

/** Where the compressed files go. */
export class OutFolder {
  readonly folder: string;
  readonly #source: string;

  private constructor(source: string, folder: string) {
    this.#source = source;
    this.folder = folder;
  }

  /**
   * Makes the folder, if it isn't there.
   *
   * Throws if it lies in the source or around it: files of the source could be overwritten, or compressed once more next
   * time.
   */
  static async open(source: string, folder: string): Promise<OutFolder> {
    assertApart(resolve(source), resolve(folder));
    await mkdir(folder, { recursive: true });
    assertApart(await realpath(source), await realpath(folder));
    return new OutFolder(source, resolve(folder));
  }

  /** The place of a compressed file: that of the source, in another tree, with `.br` added. */
  target(file: File): string {
    return join(this.folder, `${relative(this.#source, file.path)}.br`);
  }
}

function assertApart(source: string, folder: string): void {
  if (isWithin(source, folder) || isWithin(folder, source)) {
    throw new Error(`--out must be apart from the folder that is compressed: ${folder} and ${source} are not`);
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || !(way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way));
}
