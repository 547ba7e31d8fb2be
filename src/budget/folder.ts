/**
 * A folder for the sockets of this process, which no other user's programs may enter. It is there while one is used.
 *
 * @module
 */

import { guardFolder } from "../../runtimes/guard.ts";
import { files, os, ownProcess } from "../built-in.ts";
import { mayConnect } from "./address.ts";

let folder: string | null = null;
let users = 0;
let lastName = 0;

/** A path for a socket in it; throws where there can be none. Each is to be let go of by {@link leaveFolder}. */
export function enterFolder(): string {
  folder ??= makeFolder();
  users++;
  return `${folder}/budget-${++lastName}`;
}

/** Who is the last removes it. */
export function leaveFolder(): void {
  if (--users > 0) return;
  ownProcess().off("exit", remove);
  remove();
  guardFolder(null);
  folder = null;
}

function makeFolder(): string {
  const place = os().tmpdir();
  if (!mayConnect(place)) throw new Error("the program may not make sockets");
  const made = files().mkdtempSync(`${place}/compute-cluster-`);
  guardFolder(made);
  ownProcess().once("exit", remove);
  return made;
}

function remove(): void {
  if (folder !== null) files().rmSync(folder, { recursive: true, force: true });
}
