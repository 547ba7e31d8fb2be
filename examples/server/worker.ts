// Each export is a task. Both block their worker for as long as scrypt takes; the server's own thread stays free.
import { type Cost, formatHash, hashPassword, isPassword, type StoredHash } from "./password.ts";

export function hash({ password, cost }: { password: string; cost: Cost }): string {
  return formatHash(hashPassword(password, cost));
}

export function verify({ password, stored }: { password: string; stored: StoredHash }): boolean {
  return isPassword(password, stored);
}
