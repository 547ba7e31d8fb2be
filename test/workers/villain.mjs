// Does its worst: each task is one way.
import { closeSync, openSync, readdirSync, readlinkSync, writeFileSync, writeSync } from "node:fs";
import process from "node:process";

/** The lines from and to the host: known on Node, and among what leads to somebody elsewhere. */
const lines = () => process.versions.bun || process.versions.deno ? everyLine() : [3, 4];

const everyLine = () =>
  readdirSync("/proc/self/fd").map(Number).filter((fd) => {
    try {
      return fd > 2 && /^(?:socket|pipe)/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  });

const JUNK = {
  text: () => new TextEncoder().encode("<<this is no frame>>\n"),
  zeros: () => new Uint8Array(64),
  long: () => new Uint8Array([0x7f, 0xff, 0xff, 0xff, 1, 2, 3]),
  short: () => new Uint8Array([0, 0, 0, 4, 0xff, 0x0f, 0x99, 0x99]),
  json: () => new TextEncoder().encode('{"type":"answers","answers":[[1,0,"forged"]]}\n'),
  much: () => new Uint8Array(1 << 20).fill(0x41),
};

export const junk = async (what) => {
  for (const fd of lines()) {
    try {
      writeSync(fd, JUNK[what]());
    } catch {
      // Full, or for reading only.
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return "after";
};

export const closeAll = async () => {
  for (let fd = 3; fd < 64; fd++) {
    try {
      closeSync(fd);
    } catch {
      // Not open.
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return "after";
};

/** What a process shares with its host. */
const SHARED = [5, 6];

/** Survives everything, its own end too, and closes what it shares. */
export const closeShared = (how) => {
  process.on("uncaughtException", () => {});
  if (how === "exit") process.on("exit", boom);
  if (how === "console") console.error = boom;
  for (const fd of SHARED) {
    try {
      closeSync(fd);
    } catch {
      // Not open.
    }
  }
  return "after";
};

/** Opens files of its own by the same numbers; answers their path. */
export const takeShared = (path) => {
  writeFileSync(path, "precious");
  for (const fd of SHARED) {
    closeSync(fd);
    openSync(path, "r+");
  }
  return "after";
};

/** Writes junk over all that it shares, for as long as jobs come. */
export const spoilShared = () => {
  process.on("uncaughtException", () => {});
  const junk = new Uint8Array(1 << 20).fill(0xc3);
  setInterval(() => {
    for (const fd of SHARED) for (let at = 0; at < 10; at++) writeSync(fd, junk, 0, junk.length, at * junk.length);
  }, 1);
  return "after";
};

export const chatter = (count) => {
  for (let i = 0; i < count; i++) process.send(i);
  return new Promise(() => {});
};

const boom = () => {
  throw new Error("patched");
};

const PATCHES = {
  push: () => Array.prototype.push = boom,
  iterator: () => Array.prototype[Symbol.iterator] = boom,
  stringify: () => JSON.stringify = boom,
  parse: () => JSON.parse = boom,
  toJSON: () => Array.prototype.toJSON = () => "patched",
  toJSONs: () => Object.prototype.toJSON = () => "patched",
  map: () => Map.prototype.get = boom,
  then: () => Promise.prototype.then = boom,
  hasOwn: () => Object.hasOwn = boom,
  clone: () => globalThis.structuredClone = boom,
  send: () => process.send = boom,
  emit: () => process.emit = boom,
  exit: () => process.exit = () => {},
  on: () => process.on = boom,
  memory: () => process.memoryUsage = boom,
  timers: () => globalThis.setTimeout = globalThis.setImmediate = boom,
  error: () => globalThis.Error = boom,
  pollution: () => Object.assign(Object.prototype, { type: "left", key: "x", answers: [[1, 0, "polluted"]], then: 1 }),
};

export const patch = (what) => {
  PATCHES[what]();
  return "patched";
};

export const patches = () => Object.keys(PATCHES);

export default (value) => value;
