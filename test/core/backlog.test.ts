import { describe, expect, it } from "vitest";
import { Backlog, type Link } from "../../src/core/backlog.ts";
import { random } from "./random.ts";

class Item implements Link<Item> {
  readonly name: number;
  before: Item | null = null;
  after: Item | null = null;

  constructor(name: number) {
    this.name = name;
  }
}

/** A backlog with items of these names. */
function filled(...names: number[]): { backlog: Backlog<Item>; items: Item[] } {
  const backlog = new Backlog<Item>();
  const items = names.map((name) => new Item(name));
  for (const item of items) backlog.push(item);
  return { backlog, items };
}

function drain(backlog: Backlog<Item>): number[] {
  const names: number[] = [];
  for (let item = backlog.peek(); item; item = backlog.peek()) {
    names.push(item.name);
    backlog.withdraw(item);
  }
  return names;
}

describe("Backlog", () => {
  it("Backlog gives items in the order they were pushed", () => {
    const { backlog } = filled(1, 2, 3);
    expect(backlog.size).toBe(3);
    expect(drain(backlog)).toEqual([1, 2, 3]);
    expect(backlog.size).toBe(0);
    expect(backlog.peek()).toBeNull();
  });

  it("Backlog.peek takes nothing out", () => {
    const { backlog, items } = filled(1);
    expect([backlog.peek(), backlog.peek(), backlog.size]).toEqual([items[0], items[0], 1]);
  });

  it.each([["first", 1], ["middle", 3], ["last", 5]])(
    "Backlog.putBack puts an item back where it was: %s",
    (_where, name) => {
      const { backlog } = filled(...[1, 2, 3, 4, 5].filter((other) => other !== name));
      backlog.putBack(new Item(name), (other) => name < other.name);
      expect(backlog.size).toBe(5);
      expect(drain(backlog)).toEqual([1, 2, 3, 4, 5]);
    },
  );

  it("Backlog.putBack puts an item into an empty backlog", () => {
    const { backlog } = filled();
    backlog.putBack(new Item(1), () => true);
    backlog.push(new Item(2));
    expect(drain(backlog)).toEqual([1, 2]);
  });

  it.each([
    ["first", 0, [2, 3]],
    ["middle", 1, [1, 3]],
    ["last", 2, [1, 2]],
  ])("Backlog.withdraw takes out the %s item and leaves the rest in order", (_where, at, rest) => {
    const { backlog, items } = filled(1, 2, 3);
    const out = items[at]!;
    backlog.withdraw(out);
    expect([backlog.size, out.before, out.after]).toEqual([2, null, null]);
    expect(drain(backlog)).toEqual(rest);
  });

  it("Backlog takes items again after its only one was withdrawn, the same one too", () => {
    const { backlog, items: [item] } = filled(1);
    backlog.withdraw(item!);
    backlog.push(new Item(2));
    backlog.push(item!);
    expect(drain(backlog)).toEqual([2, 1]);
  });

  it("Backlog behaves like an array through random pushes, returns and withdrawals", () => {
    const { integer, pick } = random(1);
    const { backlog } = filled();
    const model: Item[] = [];
    for (let name = 0; name < 3_000; name++) {
      const what = integer(3);
      const item = new Item(name);
      if (what === 0) model.push(item), backlog.push(item);
      else if (what === 1) {
        const at = integer(model.length + 1);
        const next = model[at];
        model.splice(at, 0, item);
        backlog.putBack(item, (other) => other === next);
      } else if (model.length > 0) {
        const out = pick(model);
        model.splice(model.indexOf(out), 1);
        backlog.withdraw(out);
      }
      expect(backlog.size).toBe(model.length);
      expect(backlog.peek()).toBe(model[0] ?? null);
    }
    expect(drain(backlog)).toEqual(model.map((item) => item.name));
  });
});
