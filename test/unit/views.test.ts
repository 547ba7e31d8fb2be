import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partialViews, withOwnBytes } from "../../src/wire/views.ts";

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

describe("a walk through a value", () => {
  it("finds the views of parts of memory wherever they are, and ends", () => {
    fc.assert(fc.property(plans, (plan) => {
      const { root, views } = grow(plan);
      expect(partialViews(root, []) ?? new Set()).toEqual(views);
    }));
  });

  it("reads what is shared no more than some times", () => {
    const all = { length: 200 };
    const full = grow(Array.from(all, () => ({ kind: "object", to: Array.from(all, (_, at) => at), view: false })));
    partialViews(full.root, []);
    expect(full.reads).toBeGreaterThanOrEqual(full.edges);
    expect(full.reads).toBeLessThan(2 * full.edges);
  });

  it("does not go through the places of an array that has none", () => {
    const sparse = Object.assign([], { 4_000_000_000: new Uint8Array(new ArrayBuffer(8), 1, 1) });
    expect(partialViews(sparse, [])?.size).toBe(1);
  });

  it("asks about what is neither data, nor a view, nor a container", () => {
    const asked: object[] = [];
    const odd: object[] = [
      new (class Odd {
        readonly n = 1;
      })(),
      /x/,
      new Error("x"),
      new Blob([]),
    ];
    partialViews({ odd, plain: [{}, new Map(), new Set(), new Uint8Array(1), Object.create(null)] }, [], (part) => {
      asked.push(part);
    });
    expect(asked.length).toBe(odd.length);
    expect(asked.every((part) => odd.includes(part))).toBe(true);
  });

  it("leaves a value without such views as it is, and all else in one that has some", () => {
    const shared = { n: 1 };
    const whole = [shared, shared, new Map([[shared, new Set([shared])]])];
    expect(withOwnBytes(whole)).toBe(whole);
    const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const copied = withOwnBytes({ whole, view, again: view });
    expect(copied).toEqual({ whole, view: new Uint8Array([2, 3]), again: new Uint8Array([2, 3]) });
    expect(copied.view).toBe(copied.again);
    expect(copied.view.buffer.byteLength).toBe(2);
    expect(copied.whole[0]).toBe(copied.whole[1]);
  });
});
