import { Buffer } from "node:buffer";
import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

/** What one hash costs: scrypt's N is 2 to the power of `ln`; it takes 128 × N × r bytes, p times. */
export interface Cost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** A password's hash, with all that is needed to check a password against it. */
export interface StoredHash {
  readonly cost: Cost;
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

/** Longest key and salt that are taken, in bytes. */
const MAX_BYTES = 64;

/** Derives a hash with a salt of its own. This is the work that takes long. */
export function hashPassword(password: string, cost: Cost): StoredHash {
  const salt = randomBytes(16);
  return { cost, salt, key: derive(password, salt, 32, cost) };
}

/** Whether it is the password. Takes as long whether it is or not. */
export function isPassword(password: string, { cost, salt, key }: StoredHash): boolean {
  return timingSafeEqual(derive(password, salt, key.length, cost), key);
}

/** A hash as text, in the PHC format: `$scrypt$ln=14,r=8,p=5$salt$key`. */
export function formatHash({ cost: { ln, r, p }, salt, key }: StoredHash): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(key)}`;
}

/** Reads such a text; null for anything else, and for a hash that would cost more than `max`. */
export function parseHash(text: string, max: Cost): StoredHash | null {
  const found = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text);
  if (!found) return null;
  const cost = { ln: Number(found[1]), r: Number(found[2]), p: Number(found[3]) };
  const salt = Buffer.from(found[4] as string, "base64");
  const key = Buffer.from(found[5] as string, "base64");
  const isCheap = inRange(cost.ln, max.ln) && inRange(cost.r, max.r) && inRange(cost.p, max.p);
  return isCheap && inRange(salt.length, MAX_BYTES) && inRange(key.length, MAX_BYTES) ? { cost, salt, key } : null;
}

function inRange(value: number, max: number): boolean {
  return value >= 1 && value <= max;
}

function derive(password: string, salt: Uint8Array, length: number, { ln, r, p }: Cost): Buffer {
  const N = 2 ** ln;
  // One password may be typed as more than one sequence of code points.
  return scryptSync(password.normalize("NFKC"), salt, length, { N, r, p, maxmem: 256 * N * r + 1_000_000 });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
