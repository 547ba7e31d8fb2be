// Tasks that yield.
import { AsyncLocalStorage } from "node:async_hooks";
import { appendFileSync, existsSync } from "node:fs";
import { spin } from "./perform.mjs";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Yields each of these, and notes in the file when it goes on and when it ends. */
export default async function* ({ values, file }) {
  try {
    for (const value of values) {
      if (file) appendFileSync(file, "yields\n");
      yield value;
    }
  } finally {
    await turn();
    if (file) appendFileSync(file, "ends\n");
  }
}

export function* sync({ values, file }) {
  try {
    for (const value of values) {
      if (file) appendFileSync(file, "yields\n");
      yield value;
    }
  } finally {
    if (file) appendFileSync(file, "ends\n");
  }
}

export const array = ({ values }) => values;

export const promises = ({ values }) => values.map((value) => Promise.resolve(value));

export const promised = async ({ values }) => ReadableStream.from(values);

export function* upTo(count) {
  for (let value = 0; value < count; value++) yield value;
}

export async function* endless(file) {
  try {
    for (let value = 0;; value++) {
      await turn();
      yield value;
    }
  } finally {
    if (file) appendFileSync(file, "ends\n");
  }
}

/** Blocks its loop for so many milliseconds before each value. */
export function* spins({ ms, file }) {
  try {
    for (let value = 0;; value++) {
      const end = Date.now() + ms;
      while (Date.now() < end);
      yield value;
    }
  } finally {
    appendFileSync(file, "ends\n");
  }
}

export async function* fails({ values, error }) {
  yield* values;
  throw Object.assign(new RangeError(error), { field: "last" });
}

export async function* badly(values) {
  yield* values;
  yield { deep: [() => {}] };
}

/** Changes what it has yielded. */
export function* changes(count) {
  const same = { at: 0 };
  for (; same.at < count; same.at++) yield same;
}

/** Ends its worker after these. */
export async function* dies(values) {
  yield* values;
  await turn();
  process.exit(7);
}

/** Yields these, then nothing, and does not let itself be ended; notes in the file that it does. */
export async function* hangs({ values, file }) {
  yield* values;
  if (file) appendFileSync(file, "hangs\n");
  await new Promise(() => setInterval(() => {}, 1_000));
}

/** The second value comes when the file is there. */
export async function* waits(file) {
  yield "first";
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5));
  yield "second";
}

export async function* moved(sizes, { transfer }) {
  for (const size of sizes) {
    const bytes = new Uint8Array(size).fill(3);
    yield transfer(bytes, [bytes.buffer]);
    yield bytes.byteLength;
  }
}

const kept = new Uint8Array(8);

/** Moves the same memory each time. */
export const movesKept = (_, { transfer }) => transfer(kept, [kept.buffer]);

export function* movesTwice(times, { transfer }) {
  const bytes = new Uint8Array(8);
  for (let i = 0; i < times; i++) yield transfer(bytes, [bytes.buffer]);
}

export const plain = (value) => value;

export const pid = () => process.pid;

/** Blocks its loop after the first value. */
export function* header(spinning) {
  yield "header";
  spin(spinning);
  yield "body";
}

/** Sends messages while it yields. */
export async function* sends(count) {
  for (let value = 0; value < count; value++) {
    process.send({ stray: value });
    yield value;
  }
}

/** What looks like an iterator, and throws when it is looked at. */
export const page = async () =>
  new class {
    text = "page";
    get next() {
      throw new Error("there is no next page");
    }
  }();

const storage = new AsyncLocalStorage();

/** Answers from within a storage of its own. */
export const stores = (value) =>
  storage.run(value, async () => {
    await turn();
    return storage.getStore();
  });

/** What of others' storages it finds. */
export const finds = () => storage.getStore();
