/**
 * Values and errors that fight back: that never end when they are read, that throw when they are explained, that can't be
 * changed. None may cost more than its own job.
 */

import assert from "node:assert/strict";
import type { Case } from "../case.ts";

/** An object whose every reading gives a new one, so that it never ends. */
function endless(): object {
  return {
    get next() {
      return endless();
    },
  };
}

/** A proxy that wraps whatever is read through it, around an object with a cycle. */
function wrapping(target: object): object {
  return new Proxy(target, {
    get(of, key) {
      const value = Reflect.get(of, key);
      return typeof value === "object" && value !== null ? wrapping(value) : value;
    },
  });
}

function cyclic(): object {
  const object: Record<string, unknown> = { n: 1 };
  object["self"] = object;
  return object;
}

const ARGUMENTS: Readonly<Record<string, () => unknown>> = {
  "an endless getter": endless,
  "a wrapping proxy around a cycle": () => wrapping(cyclic()),
  "a view whose buffer throws": () => ({
    view: Object.defineProperty(new Uint8Array(4), "buffer", {
      get(): never {
        throw new Error("no buffer");
      },
    }),
  }),
  "a getter that throws what has no text": () => ({
    get broken(): never {
      throw Object.create(null);
    },
  }),
};

export const fightingValues: readonly Case[] = [
  ...Object.entries(ARGUMENTS).map(([what, make]): Case => ({
    name: `Arguments with ${what} cost their job alone`,
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      // Beside one that runs, and in a frame with others.
      const first = kit.value(cc, { op: "sleep", ms: 20, value: "first" });
      const fighting = kit.job(cc, { op: "echo", value: make() });
      const last = kit.value(cc, { op: "echo", value: "last" });
      const ended = await fighting;
      // A view is sent by what it shows, whatever its class says of its buffer.
      if ("error" in ended) assert.equal((ended.error as { code?: unknown }).code, "CC_ERR_NOT_CLONEABLE");
      else assert.match(what, /view/);
      assert.deepEqual([await first, await last], ["first", "last"]);
      const { accepted, succeeded, failed } = cc.stats().jobs;
      assert.deepEqual([accepted, succeeded + failed], [3, 3]);
    },
  })),
  {
    name: "An answer that never ends costs its job alone",
    async run(kit) {
      const cc = kit.cluster("fighting.mjs", { maxWorkers: 1 });
      for (const task of ["endless", "wrapping", "lists"]) {
        const ended = await kit.job(cc, null, { task });
        assert.ok("error" in ended, task);
        assert.equal(await kit.value(cc, 1, { task: "echo" }), 1);
      }
    },
  },
  ...["property", "cause", "itself"].map((task): Case => ({
    name: `An error that carries what can't be sent arrives, with the rest of it, and costs nobody a worker: ${task}`,
    async run(kit) {
      const cc = kit.cluster("carrying.mjs", { maxWorkers: 1, concurrency: 2 });
      const names = await kit.value(cc, null, { task: "names" }) as string[];
      let exits = 0;
      cc.on("worker:exit", () => exits++);
      for (const name of names) {
        const neighbour = kit.value(cc, 5, { task: "sleep" });
        const ended = await kit.job(cc, name, { task });
        assert.ok("error" in ended, name);
        if (task !== "itself") {
          const { name: kind, message, code } = ended.error as { name: string; message: string; code?: string };
          assert.deepEqual([kind, message], ["RangeError", `with a ${task}`], name);
          if (task === "property") assert.equal(code, "E_MINE", name);
        }
        assert.equal(await neighbour, "slept", name);
      }
      assert.deepEqual([exits, kit.faults], [0, []]);
    },
  })),
  {
    name: "toJSON that throws what has no text costs its job alone",
    needs: "serialization",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { serialization: "json" });
      const error = await kit.error(cc, {
        op: "echo",
        toJSON(): never {
          throw Object.create(null);
        },
      });
      assert.equal(error["code"], "CC_ERR_NOT_CLONEABLE");
    },
  },
  {
    name: "A job that is aborted for an error rejects with it as it is: frozen, or thrown by another job",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      const thrown = await kit.error(cc, { op: "throw", what: "type" });
      const { stack } = thrown;
      const controller = new AbortController();
      const jobs = Array.from({ length: 20 }, () => kit.error(cc, { op: "echo" }, { signal: controller.signal }));
      controller.abort(thrown);
      for (const error of await Promise.all(jobs)) assert.equal(error, thrown);
      assert.equal(thrown.stack, stack);
      const frozen = Object.freeze(await kit.error(cc, { op: "throw", what: "type" }));
      const other = new AbortController();
      const last = kit.error(cc, { op: "echo" }, { signal: other.signal });
      other.abort(frozen);
      assert.equal(await last, frozen);
    },
  },
  {
    name: "Error.prepareStackTrace that throws keeps no job from its end",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      await cc.ready();
      let settled = false;
      const { prepareStackTrace } = Error as { prepareStackTrace?: unknown };
      (Error as { prepareStackTrace?: unknown }).prepareStackTrace = () => {
        throw new Error("the hook throws");
      };
      try {
        const ended = await kit.job(cc, { op: "throw", what: "type" });
        // The engine may throw what the hook throws whenever an error is made.
        settled = "error" in ended;
      } finally {
        (Error as { prepareStackTrace?: unknown }).prepareStackTrace = prepareStackTrace;
      }
      assert.ok(settled);
    },
  },
];
