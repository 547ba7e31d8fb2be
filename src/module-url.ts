/**
 * Where the worker module is. Resolved once, when the cluster is made: a later `chdir` changes nothing.
 *
 * @module
 */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { OptionRangeError } from "./core/errors.ts";
import { text, wrongType } from "./validate.ts";

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
  const url = new URL(given);
  if (url.protocol === "file:") return existing(fileURLToPath(url));
  if (remote && (url.protocol === "http:" || url.protocol === "https:")) return url.href;
  const rule = `a path or a file: URL${remote ? " (or http:, https:)" : ""}`;
  throw new OptionRangeError(`module must be ${rule}, got ${JSON.stringify(given.slice(0, 200))}`);
}

function existing(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new OptionRangeError(`module must be a file that exists, got ${JSON.stringify(path)}`);
  if (!found.isFile()) throw new OptionRangeError(`module must be a file, got the folder ${JSON.stringify(path)}`);
  return pathToFileURL(path).href;
}
