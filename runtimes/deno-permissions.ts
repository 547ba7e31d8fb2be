/**
 * The rights of a worker process on Deno: never more than the program's own.
 *
 * @module
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { OptionRangeError, OptionTypeError } from "../src/core/errors.ts";

/** What a worker process may do: everything of a kind (`true`), nothing (`false`), or what is listed. */
export type DenoPermissions = { readonly [K in PermissionName]?: boolean | readonly string[] };

/** The kinds of rights that Deno knows. */
export type PermissionName = "read" | "write" | "net" | "env" | "run" | "ffi" | "sys" | "import";

const NAMES: readonly PermissionName[] = ["read", "write", "net", "env", "run", "ffi", "sys", "import"];

/** What a listed right is called when Deno is asked for it. */
const DETAIL: Readonly<Record<PermissionName, string>> = {
  read: "path",
  write: "path",
  net: "host",
  env: "variable",
  run: "command",
  ffi: "path",
  sys: "kind",
  import: "host",
};

interface DenoRuntime {
  permissions: { querySync(descriptor: Record<string, string>): { state: string; partial?: boolean } };
}

/**
 * The flags of `deno run` for a worker.
 *
 * @param asked What the user asked for, or undefined for what the program itself may do without restriction, and to read
 * the module's folder, or where only that may be read, its file. (Deno does not say which paths or hosts a restricted right
 * covers, so those can't be passed on.)
 * @throws {OptionTypeError | OptionRangeError} for what Deno does not know or the program may not do itself.
 */
export function denoPermissionFlags(asked: unknown, module: string): string[] {
  if (asked === undefined) {
    const whole = NAMES.filter((name) => isGranted(name));
    const file = fileURLToPath(module);
    // Deno takes a comma for the end of a path.
    const path = [dirname(file), file].find((path) => !path.includes(",") && isGranted("read", path));
    const read = whole.includes("read") || path === undefined ? [] : [`--allow-read=${path}`];
    return orDenyAll([...whole.map((name) => `--allow-${name}`), ...read]);
  }
  if (typeof asked !== "object" || asked === null) throw new OptionTypeError("permissions must be an object");
  return orDenyAll(Object.entries(asked).flatMap(([name, value]) => flagsFor(name, value)));
}

function flagsFor(name: string, value: unknown): string[] {
  if (!(NAMES as readonly string[]).includes(name)) {
    throw new OptionTypeError(`permissions must not have ${JSON.stringify(name)}; it may have: ${NAMES.join(", ")}`);
  }
  const kind = name as PermissionName;
  if (value === undefined || value === false) return [];
  if (value === true) {
    assertGranted(kind);
    return [`--allow-${kind}`];
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string" && !item.includes(","))) {
    throw new OptionTypeError(`permissions.${kind} must be true, false or an array of strings without commas`);
  }
  for (const item of value) assertGranted(kind, item);
  return value.length > 0 ? [`--allow-${kind}=${value.join(",")}`] : [];
}

function assertGranted(kind: PermissionName, item?: string): void {
  if (isGranted(kind, item)) return;
  const what = item === undefined ? "" : ` ${JSON.stringify(item)}`;
  throw new OptionRangeError(
    `permissions.${kind} must not be more than the program has itself, which may not ${kind}${what}`,
  );
}

/** Whether the program has this right, all of it (`--deny-read=…` leaves a part), and need not ask for it. */
export function isGranted(kind: PermissionName, item?: string): boolean {
  const { permissions } = (globalThis as unknown as { Deno: DenoRuntime }).Deno;
  const descriptor = item === undefined ? { name: kind } : { name: kind, [DETAIL[kind]]: item };
  const { state, partial } = permissions.querySync(descriptor);
  return state === "granted" && partial !== true;
}

/** Deno's `spawn` of itself adds `-A` when it sees no permission flag at all: an empty list denies something. */
function orDenyAll(flags: string[]): string[] {
  return flags.length > 0 ? flags : ["--deny-ffi"];
}
