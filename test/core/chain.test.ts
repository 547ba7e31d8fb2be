import { describe, expect, it } from "vitest";
import { Chain, type Link } from "../../src/core/chain.ts";
import { random } from "./random.ts";

class Item implements Link<Item> {
  readonly name: number;
  before: Item | null = null;
  after: Item | null = null;

  constructor(name: number) {
    this.name = name;
  }
}

/** A chain with items of these names. */
function filled(...names: number[]): { chain: Chain<Item>; items: Item[] } {
  const chain = new Chain<Item>();
  const items = names.map((name) => new Item(name));
  for (const item of items) chain.push(item);
  return { chain, items };
}

function drain(chain: Chain<Item>): number[] {
  const names: number[] = [];
  for (let item = chain.first; item; item = chain.first) {
    names.push(item.name);
    chain.remove(item);
  }
  return names;
}

describe("Chain", () => {
  it("Chain gives items in the order they were pushed", () => {
    const { chain } = filled(1, 2, 3);
    expect(chain.size).toBe(3);
    expect(drain(chain)).toEqual([1, 2, 3]);
    expect(chain.size).toBe(0);
    expect(chain.first).toBeNull();
  });

  it("Chain.first takes nothing out", () => {
    const { chain, items } = filled(1);
    expect([chain.first, chain.first, chain.size]).toEqual([items[0], items[0], 1]);
  });

  it.each([["first", 1], ["middle", 3], ["last", 5]])(
    "Chain.putBack puts an item back where it was: %s",
    (_where, name) => {
      const { chain } = filled(...[1, 2, 3, 4, 5].filter((other) => other !== name));
      chain.putBack(new Item(name), (other) => name < other.name);
      expect(chain.size).toBe(5);
      expect(drain(chain)).toEqual([1, 2, 3, 4, 5]);
    },
  );

  it("Chain.putBack puts an item into an empty chain", () => {
    const { chain } = filled();
    chain.putBack(new Item(1), () => true);
    chain.push(new Item(2));
    expect(drain(chain)).toEqual([1, 2]);
  });

  it.each([
    ["first", 0, [2, 3]],
    ["middle", 1, [1, 3]],
    ["last", 2, [1, 2]],
  ])("Chain.remove takes out the %s item and leaves the rest in order", (_where, at, rest) => {
    const { chain, items } = filled(1, 2, 3);
    const out = items[at]!;
    chain.remove(out);
    expect([chain.size, out.before, out.after]).toEqual([2, null, null]);
    expect(drain(chain)).toEqual(rest);
  });

  it("Chain takes items again after its only one was taken out, the same one too", () => {
    const { chain, items: [item] } = filled(1);
    chain.remove(item!);
    chain.push(new Item(2));
    chain.push(item!);
    expect(drain(chain)).toEqual([2, 1]);
  });

  it("Chain gives all of them, also if each is taken out as it is given", () => {
    const { chain } = filled(1, 2, 3);
    const names: number[] = [];
    for (const item of chain) {
      chain.remove(item);
      names.push(item.name);
    }
    expect([names, chain.size]).toEqual([[1, 2, 3], 0]);
  });

  it("Chain.removeAll leaves items that can go into another", () => {
    const { chain, items } = filled(1, 2, 3);
    expect(chain.removeAll()).toEqual(items);
    expect(items.map(({ before, after }) => [before, after])).toEqual(items.map(() => [null, null]));
    expect([chain.size, chain.first]).toEqual([0, null]);
  });

  it("Chain.remove throws for an item that is in none, and stays as it is", () => {
    const { chain, items } = filled(1, 2);
    chain.remove(items[0]!);
    expect(() => chain.remove(items[0]!)).toThrow("the item is in no chain");
    expect(drain(chain)).toEqual([2]);
  });

  it("Chain behaves like an array through random pushes, returns and removals", () => {
    const { integer, pick } = random(1);
    const { chain } = filled();
    const model: Item[] = [];
    for (let name = 0; name < 3_000; name++) {
      const what = integer(3);
      const item = new Item(name);
      if (what === 0) model.push(item), chain.push(item);
      else if (what === 1) {
        const at = integer(model.length + 1);
        const next = model[at];
        model.splice(at, 0, item);
        chain.putBack(item, (other) => other === next);
      } else if (model.length > 0) {
        const out = pick(model);
        model.splice(model.indexOf(out), 1);
        chain.remove(out);
      }
      expect(chain.size).toBe(model.length);
      expect(chain.first).toBe(model[0] ?? null);
    }
    expect(drain(chain)).toEqual(model.map((item) => item.name));
  });
});
