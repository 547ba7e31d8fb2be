/**
 * Where the worker module is, and where it runs. Resolved once, when the cluster is made: a later `chdir` changes nothing.
 *
 * @module
 */

import type { Stats } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { files } from "./built-in.ts";
import { runtime } from "../runtimes/select.ts";
import { outOfRange, text, wrongType } from "./validate.ts";

/** What a URL starts with; a single letter is a drive of Windows. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/**
 * The URL of a worker module.
 *
 * @param module A path, relative to the working directory or absolute, or a `file:` URL, or its text.
 * @param remote Whether `http:` and `https:` URLs can be run: a package that Deno loaded from a registry has them.
 * @throws {OptionRangeError} if there is no such file.
 */
export function moduleUrl(module: unknown, remote: boolean): string {
  if (module === undefined) throw wrongType("module", "the path or URL of the worker module; it is required", module);
  const given = module instanceof URL ? module.href : text("module", module);
  if (!SCHEME.test(given)) return existing(resolve(given));
  const url = parsed(given);
  if (url?.protocol === "file:") return existing(pathOf(url));
  if (url && remote && (url.protocol === "http:" || url.protocol === "https:")) return url.href;
  const rule = `a path or a file: URL${remote ? " (or http:, https:)" : ""}`;
  throw outOfRange("module", rule, given.slice(0, 200));
}

function parsed(given: string): URL | null {
  try {
    return new URL(given);
  } catch {
    return null;
  }
}

/** The file that a `file:` URL names; with a host, say, it names none. */
function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw outOfRange("module", `a file: URL that names a file here (${(error as Error).message})`, url.href);
  }
}

/** A folder that exists: the runtimes blame the executable for one that does not. */
export function folder(name: string, value: unknown): string {
  const path = resolve(text(name, value));
  if (!found(name, path)?.isDirectory()) throw outOfRange(name, "a folder that exists", path);
  return path;
}

/** A loop of links, and a name that is too long. */
const UNFOLLOWED: ReadonlySet<unknown> = new Set(["ELOOP", "ENAMETOOLONG"]);

/** What is there, or undefined. */
function found(name: string, path: string): Stats | undefined {
  try {
    return files().statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (!UNFOLLOWED.has((error as NodeJS.ErrnoException).code)) throw error;
    throw outOfRange(name, `a path that can be followed (${(error as Error).message})`, path);
  }
}

function existing(path: string): string {
  const file = found("module", path);
  if (!file) throw outOfRange("module", "a file that exists", path);
  if (!file.isFile()) throw outOfRange("module", "a file, not a folder", path);
  return pathToFileURL(runtime === "deno" ? real(path) : path).href;
}

/** Deno, unlike Node and Bun, looks for a module's imports beside the link that led to it (2.9.6). */
function real(path: string): string {
  try {
    return files().realpathSync(path);
  } catch {
    // Without the right to read where the link leads, the module can't be run either: that error is the better one.
    return path;
  }
}
