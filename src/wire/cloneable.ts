/**
 * Finds what keeps a value from being cloned, so that the error can say where it stands. Runs only after a transport has
 * refused a value: the happy path pays nothing.
 *
 * @module
 */

/** The part of a value that can't be cloned. */
export interface Offender {
  /** Where it stands, such as `args.list[3].onDone`. */
  readonly path: string;
  /** What it is, such as `a function`. */
  readonly what: string;
}

/** Kinds of objects that structured clone refuses, by the name they give themselves. */
const REFUSED = new Set(["Promise", "WeakMap", "WeakSet", "WeakRef", "Generator", "AsyncGenerator", "Module"]);

/** Kinds of objects that structured clone carries without looking at their properties. */
const OPAQUE = new Set([
  "Date",
  "RegExp",
  "Boolean",
  "Number",
  "String",
  "BigInt",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
]);

/**
 * The first part of `value` that structured clone can't carry, or null if none was found.
 *
 * @param root What the value is called at the start of the path.
 */
export function findUncloneable(value: unknown, root: string): Offender | null {
  const seen = new Set<object>();
  const open: [path: string, value: unknown][] = [[root, value]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [path, part] = next;
    const what = refusedKind(part);
    if (what !== null) return { path, what };
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    const inner = readable(part, path);
    if (!Array.isArray(inner)) return inner;
    // One by one: arguments are on the stack, which a long array would overflow.
    for (const part of inner.reverse()) open.push(part);
  }
  return null;
}

function refusedKind(value: unknown): string | null {
  if (typeof value === "function") return value.name ? `the function ${value.name}` : "a function";
  if (typeof value === "symbol") return `a symbol (${String(value)})`;
  if (typeof value !== "object" || value === null) return null;
  const kind = kindOf(value);
  return REFUSED.has(kind) ? `a ${kind}` : null;
}

function kindOf(value: object): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1);
  } catch {
    return "Object";
  }
}

/** A proxy may refuse to be looked at in any way. */
function readable(value: object, path: string): [string, unknown][] | Offender {
  try {
    return partsOf(value, path);
  } catch (error) {
    return { path, what: `an object that can't be read (${show(error)})` };
  }
}

/** What structured clone would look at next, or the property whose getter throws. */
function partsOf(value: object, path: string): [string, unknown][] | Offender {
  if (OPAQUE.has(kindOf(value)) || ArrayBuffer.isView(value)) return [];
  if (value instanceof Map) {
    return [...value].flatMap(([key, item], i) => [[`${path}.keys[${i}]`, key], [`${path}.get(${show(key)})`, item]]);
  }
  if (value instanceof Set) return [...value].map((item, i) => [`${path}.values[${i}]`, item]);
  if (value instanceof Error) return "cause" in value ? [[`${path}.cause`, value.cause]] : [];
  const parts: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    const inner = Array.isArray(value) ? `${path}[${key}]` : `${path}${property(key)}`;
    try {
      parts.push([inner, (value as Record<string, unknown>)[key]]);
    } catch (error) {
      return { path: inner, what: `a getter that throws (${show(error)})` };
    }
  }
  return parts;
}

function property(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return kindOf(value);
  return String(value);
}
