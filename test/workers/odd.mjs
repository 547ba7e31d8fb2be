// What few modules do.
import process from "node:process";

const ODD = {
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  then: () => ({
    get then() {
      throw new Error("then");
    },
  }),
  shared: () => {
    throw Object.assign(new RangeError("with memory"), { code: "E_MEM", memory: new SharedArrayBuffer(8) });
  },
  wide: () => {
    throw Object.assign(new RangeError("wide"), { rows: Array.from({ length: 300_000 }, (_, i) => i) });
  },
};

export default (what) => ODD[what]();

/** Survives an error by a handler of its own, then leaves. */
export const survives = async () => {
  process.once("uncaughtException", () => {});
  setTimeout(() => {
    throw new Error("survived");
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.exit(3);
};

/** Writes more than a pipe holds, and waits for it to be taken. */
export const floods = async () => {
  for (let i = 0; i < 64; i++) {
    if (!process.stdout.write("x".repeat(64 * 1024))) {
      await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
  }
  return "written";
};

/** Waits without taking its signal. */
export const sleeps = async (ms) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "slept";
};
