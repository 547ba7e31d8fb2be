/**
 * Where text goes: a file, or stdout.
 *
 * @module
 */

import { constants, fstatSync, write } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { UsageError } from "./told-errors.ts";

/** Takes one piece after the other; the next when the last has been taken. */
export interface Sink {
  /** Lets go of what another run has written behind what is to be kept. Once, before anything is written. */
  begin(): Promise<void>;
  /** Resolves when more can be taken. Rejects with why it can't be written. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when what was written survives the machine. */
  sync(): Promise<void>;
  close(): Promise<void>;
  /** How much it has, in bytes. */
  readonly size: number;
}

/** A file, from a given length on. */
export class FileSink implements Sink {
  /** Not so a device or a pipe, which has neither places nor a disk. */
  readonly isRegular: boolean;
  readonly #file: FileHandle;
  #size: number;

  private constructor(file: FileHandle, size: number, isRegular: boolean) {
    this.#file = file;
    this.#size = size;
    this.isRegular = isRegular;
  }

  /**
   * Changes nothing yet, but that the file is there.
   *
   * @param size How much of it is to be kept.
   * @throws {UsageError} if the file can't be written, or is shorter.
   */
  static async open(path: string, size: number): Promise<FileSink> {
    let file;
    try {
      file = await open(path, constants.O_WRONLY | constants.O_CREAT);
    } catch (error) {
      throw new UsageError(`can't write ${path}: ${(error as Error).message}`);
    }
    if (size === 0) await syncFolder(path);
    const stat = await file.stat();
    const isRegular = stat.isFile();
    const found = isRegular ? stat.size : 0;
    if (found < size) {
      await file.close();
      throw new UsageError(`can't resume: ${path} has ${found} bytes, and had ${size} when its journal was written`);
    }
    return new FileSink(file, size, isRegular);
  }

  async begin(): Promise<void> {
    if (this.isRegular) await this.#file.truncate(this.#size);
  }

  get size(): number {
    return this.#size;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        at,
        bytes.length - at,
        this.isRegular ? this.#size : null,
      );
      at += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  async sync(): Promise<void> {
    if (this.isRegular) await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Lets a new name survive the machine, where folders can be synced: not on Windows. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(dirname(path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // The file itself is what matters.
  }
}

const writeTo = promisify(write);

/** Not so a descriptor that is closed. */
function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

/** The program's stdout. */
export class StdoutSink implements Sink {
  readonly #isRegular = isFile(1);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  async begin(): Promise<void> {}

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isRegular) await this.#writeFile(bytes);
    else {
      await new Promise<void>((resolve, reject) => {
        process.stdout.write(bytes, (error) => error ? reject(error) : resolve());
      });
    }
    this.#size += bytes.length;
  }

  /** Node's stream takes a part of a file's bytes for all of them: where the disk is full the rest is lost, and nobody is told (20.20). */
  async #writeFile(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += (await writeTo(1, bytes, at, bytes.length - at, null)).bytesWritten;
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}
}
