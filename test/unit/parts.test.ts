import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEEPEST_SENT, eachPart } from "../../src/wire/parts.ts";

/** A graph of containers of every kind, some of which hold a view of a part of some memory. */
interface Graph {
  readonly root: object;
  /** The views that can be reached from the root. */
  readonly views: Set<object>;
  /** How many places there are, reached or not. */
  readonly edges: number;
  /** How many were read so far. */
  reads: number;
}

type Plan = readonly {
  readonly kind: "object" | "array" | "map" | "set";
  readonly to: readonly number[];
  view: boolean;
}[];

const plans: fc.Arbitrary<Plan> = fc.array(
  fc.record({
    kind: fc.constantFrom("object", "array", "map", "set"),
    to: fc.array(fc.nat(), { maxLength: 6 }),
    view: fc.boolean(),
  }),
  { minLength: 1, maxLength: 120 },
);

function grow(plan: Plan): Graph {
  const made = plan.map(({ kind }) =>
    kind === "map" ? new Map() : kind === "set" ? new Set() : kind === "array" ? [] : {}
  );
  const inside = plan.map(({ to, view }) => [
    ...to.map((at) => made[at % made.length] as object),
    ...(view ? [new Uint8Array(new ArrayBuffer(8), 2, 3)] : []),
  ]);
  const graph = { root: made[0] as object, views: new Set<object>(), edges: inside.flat().length, reads: 0 };
  for (const [at, container] of made.entries()) {
    for (const [place, part] of (inside[at] as object[]).entries()) put(container, place, part, graph);
  }
  const open = [0];
  const seen = new Set(open);
  for (const at of open) {
    for (const part of inside[at] as object[]) {
      const next = made.indexOf(part);
      if (next < 0) graph.views.add(part);
      else if (!seen.has(next)) open.push([...seen.add(next)].at(-1) as number);
    }
  }
  return graph;
}

function put(container: object, place: number, part: object, graph: Graph): void {
  if (container instanceof Map) container.set(place % 2 ? part : place, place % 2 ? place : part);
  else if (container instanceof Set) container.add(part);
  else {
    const get = (): object => {
      graph.reads++;
      return part;
    };
    Object.defineProperty(container, place, { get, enumerable: true });
  }
}

function viewsIn(value: unknown): Set<object> {
  const views = new Set<object>();
  eachPart(value, (part) => ArrayBuffer.isView(part) && views.add(part));
  return views;
}

describe("a walk through a value", () => {
  it("finds what is no container wherever it is, and ends", () => {
    fc.assert(fc.property(plans, (plan) => {
      const { root, views } = grow(plan);
      expect(viewsIn(root)).toEqual(views);
    }));
  });

  it("reads what is shared no more than some times", () => {
    const all = { length: 200 };
    const full = grow(Array.from(all, () => ({ kind: "object", to: Array.from(all, (_, at) => at), view: false })));
    viewsIn(full.root);
    expect(full.reads).toBeGreaterThanOrEqual(full.edges);
    expect(full.reads).toBeLessThan(2 * full.edges);
  });

  it("looks into large objects that are shared once, whatever refers to them", () => {
    const all = { length: 400 };
    const plan = [
      { kind: "object", to: Array.from(all, (_, at) => at + 1), view: false },
      ...Array.from(all, (_, at) => ({ kind: "object", to: [at % 2 ? 401 : 402, 402], view: false }) as const),
      { kind: "object", to: Array.from({ length: 50 }, () => 403), view: false },
      { kind: "object", to: Array.from({ length: 50 }, () => 403), view: false },
      { kind: "object", to: [], view: true },
    ] as const;
    const rows = grow(plan);
    expect(viewsIn(rows.root)).toEqual(rows.views);
    expect(rows.reads).toBeLessThan(2 * rows.edges);
  });

  it("does not go through the places of an array that has none", () => {
    const sparse = Object.assign([], { 4_000_000_000: new Uint8Array(new ArrayBuffer(8), 1, 1) });
    expect(viewsIn(sparse).size).toBe(1);
  });

  it("ends at proxies that make others without end", () => {
    const wrap = (value: object): object =>
      new Proxy(value, { get: (target, key) => wrap(Reflect.get(target, key) as object) });
    const two: Record<string, object> = {};
    Object.assign(two, { one: two, other: two });
    expect(viewsIn({ two: wrap(two) })).toEqual(new Set());
  });

  it("takes nothing for a part that is inherited, and nothing for a container that only looks like one", () => {
    const view = new Uint8Array(new ArrayBuffer(8), 1, 1);
    const unread = { [Symbol.iterator]: () => expect.unreachable("iterated") };
    const parts = [
      Object.create({ view }),
      Object.create(Map.prototype),
      Object.create(Set.prototype),
      Object.assign(new Map([[1, view]]), unread),
      Object.assign(new Set([view]), unread),
      Object.assign([view], unread),
    ];
    expect(viewsIn(parts)).toEqual(new Set([view]));
    let found;
    let read = 0;
    Reflect.defineProperty(Object.prototype, "inherited", { get: () => read++, enumerable: true, configurable: true });
    try {
      found = viewsIn({ a: { view } });
    } finally {
      Reflect.deleteProperty(Object.prototype, "inherited");
    }
    expect([found, read]).toEqual([new Set([view]), 0]);
  });

  it("tells of what is neither plain data nor a container", () => {
    const asked: object[] = [];
    const odd: object[] = [
      new (class Odd {
        readonly n = 1;
      })(),
      /x/,
      new Error("x"),
      new Uint8Array(1),
      new Blob([]),
    ];
    eachPart({ odd, plain: [{}, new Map(), new Set(), new Date(), Object.create(null)] }, (part) => asked.push(part));
    expect(asked.length).toBe(odd.length);
    expect(asked.every((part) => odd.includes(part))).toBe(true);
  });
});

describe("What is nested too deep", () => {
  const visit = (): void => {};
  const chain = (levels: number, around: (inner: unknown) => unknown): unknown => {
    let value: unknown = 1;
    for (let level = 0; level < levels; level++) value = around(value);
    return value;
  };
  const kinds: Record<string, (inner: unknown) => unknown> = {
    objects: (inner) => ({ before: [], inner, after: {} }),
    arrays: (inner) => [inner],
    maps: (inner) => new Map([[1, inner]]),
    "keys of maps": (inner) => new Map([[inner, 1]]),
    sets: (inner) => new Set([inner]),
    causes: (cause) => new Error("", { cause }),
  };

  it.each(Object.entries(kinds))("is refused: %s", (_, around) => {
    expect(() => eachPart(chain(DEEPEST_SENT - 1, around), visit)).not.toThrow();
    expect(() => eachPart(chain(DEEPEST_SENT + 2, around), visit)).toThrow(
      `nested more than ${DEEPEST_SENT} levels deep`,
    );
  });

  it("is told in the order of structured clone, where parts know each other", () => {
    interface Part {
      before?: Part | undefined;
      after?: Part | undefined;
    }
    const parts = Array.from({ length: 3 * DEEPEST_SENT }, (): Part => ({}));
    for (const [at, part] of parts.entries()) part.before = parts[at - 1];
    expect(() => eachPart(parts, visit)).not.toThrow();
    for (const [at, part] of parts.entries()) part.after = parts[at + 1];
    expect(() => eachPart(parts, visit)).toThrow("levels deep");
    expect(() => eachPart(parts.toReversed(), visit)).toThrow("levels deep");
    const shared = { ok: true };
    expect(() => eachPart(Array.from({ length: 3 * DEEPEST_SENT }, () => ({ shared })), visit)).not.toThrow();
  });

  it("can be read by whoever gets the most that is allowed", () => {
    for (const around of Object.values(kinds)) expect(() => structuredClone(chain(DEEPEST_SENT, around))).not.toThrow();
  });
});
