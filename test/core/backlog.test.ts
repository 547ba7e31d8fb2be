import { describe, expect, it } from "vitest";
import { Backlog } from "../../src/core/backlog.ts";
import { random } from "./random.ts";

function drain<T>(backlog: Backlog<T>, places: Map<T, Parameters<Backlog<T>["withdraw"]>[0]>): T[] {
  const items: T[] = [];
  for (let item = backlog.peek(); item !== undefined; item = backlog.peek()) {
    items.push(item);
    backlog.withdraw(places.get(item)!);
  }
  return items;
}

describe("Backlog", () => {
  it("Backlog gives items in the order they were pushed", () => {
    const backlog = new Backlog<string>();
    const places = new Map(["a", "b", "c"].map((item) => [item, backlog.push(item)]));
    expect(backlog.size).toBe(3);
    expect(drain(backlog, places)).toEqual(["a", "b", "c"]);
    expect(backlog.size).toBe(0);
    expect(backlog.peek()).toBeUndefined();
  });

  it("Backlog.peek takes nothing out", () => {
    const backlog = new Backlog<string>();
    backlog.push("a");
    expect([backlog.peek(), backlog.peek(), backlog.size]).toEqual(["a", "a", 1]);
  });

  it.each([["first", "a"], ["middle", "c"], ["last", "e"]])(
    "Backlog.putBack puts an item back where it was: %s",
    (_where, item) => {
      const backlog = new Backlog<string>();
      const rest = ["a", "b", "c", "d", "e"].filter((other) => other !== item);
      const places = new Map(rest.map((other) => [other, backlog.push(other)]));
      places.set(item, backlog.putBack(item, (other) => item < other));
      expect(backlog.size).toBe(5);
      expect(drain(backlog, places)).toEqual(["a", "b", "c", "d", "e"]);
    },
  );

  it("Backlog.putBack puts an item into an empty backlog", () => {
    const backlog = new Backlog<string>();
    const places = new Map([["a", backlog.putBack("a", () => true)], ["b", backlog.push("b")]]);
    expect(drain(backlog, places)).toEqual(["a", "b"]);
  });

  it.each([
    ["first", "a", ["b", "c"]],
    ["middle", "b", ["a", "c"]],
    ["last", "c", ["a", "b"]],
  ])("Backlog.withdraw takes out the %s item and leaves the rest in order", (_where, out, rest) => {
    const backlog = new Backlog<string>();
    const places = new Map(["a", "b", "c"].map((item) => [item, backlog.push(item)]));
    backlog.withdraw(places.get(out)!);
    expect(backlog.size).toBe(2);
    expect(drain(backlog, places)).toEqual(rest);
  });

  it("Backlog takes items again after its only one was withdrawn", () => {
    const backlog = new Backlog<string>();
    backlog.withdraw(backlog.push("a"));
    const places = new Map([["b", backlog.push("b")]]);
    expect(drain(backlog, places)).toEqual(["b"]);
  });

  it("Backlog behaves like an array through random pushes, returns and withdrawals", () => {
    const { integer, pick } = random(1);
    const backlog = new Backlog<number>();
    const model: number[] = [];
    const places = new Map<number, Parameters<Backlog<number>["withdraw"]>[0]>();
    for (let item = 0; item < 3_000; item++) {
      const what = integer(3);
      if (what === 0) model.push(item), places.set(item, backlog.push(item));
      else if (what === 1) {
        const at = integer(model.length + 1);
        const next = model[at];
        model.splice(at, 0, item);
        places.set(item, backlog.putBack(item, (other) => other === next));
      } else if (model.length > 0) {
        const out = pick(model);
        model.splice(model.indexOf(out), 1);
        backlog.withdraw(places.get(out)!);
      }
      expect([backlog.size, backlog.peek()]).toEqual([model.length, model[0]]);
    }
    expect(drain(backlog, places)).toEqual(model);
  });
});
