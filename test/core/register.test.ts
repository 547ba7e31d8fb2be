import fc from "fast-check";
import { expect, it } from "vitest";
import { Register } from "../../src/core/register.ts";

it("A register is as a Map is, in random histories", () => {
  const name = fc.nat(30).map(String);
  const step = fc.oneof(
    fc.record({ do: fc.constant("set" as const), name, item: fc.nat() }),
    fc.record({ do: fc.constant("delete" as const), name, item: fc.constant(0) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 1_000, size: "max" }), (steps) => {
    const register = new Register<string, number>();
    const map = new Map<string, number>();
    for (const next of steps) {
      if (next.do === "set") {
        register.set(next.name, next.item);
        map.set(next.name, next.item);
      } else {
        register.delete(next.name);
        map.delete(next.name);
      }
      expect(register.get(next.name)).toBe(map.get(next.name));
      expect(register.size).toBe(map.size);
    }
    expect([...register.keys()]).toEqual([...map.keys()]);
    expect([...register.values()]).toEqual([...map.values()]);
  }));
});
