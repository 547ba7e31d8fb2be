import { describe, expect, it } from "vitest";
import { Allocator, type Member } from "../../src/core/allocator.ts";

/** A member that confirms at once, unless it is told to be slow. */
class Party {
  allowance = 0;
  need = 0;
  live = 0;
  heard = 0;
  slow = false;
  readonly told: number[] = [];
  readonly #member: Member;

  constructor(allocator: Allocator, most = 8, level = 0) {
    this.#member = allocator.join(most, (allowance) => {
      this.allowance = allowance;
      this.told.push(allowance);
    }, level);
    this.confirm();
  }

  /** Goes by what it was told, as far as the running workers allow. */
  confirm(): void {
    while (this.heard !== this.allowance && !this.slow) {
      this.heard = this.allowance;
      this.#member.report({ need: this.need, live: this.live, heard: this.heard });
    }
  }

  says(need: number, live: number): void {
    this.need = need;
    this.live = live;
    this.#member.report({ need, live, heard: this.heard });
  }

  leave(): void {
    this.#member.leave();
  }
}

/** Has all confirm until nothing changes any more. */
function settle(...parties: Party[]): number[] {
  while (parties.some((party) => party.heard !== party.allowance && !party.slow)) {
    for (const party of parties) party.confirm();
  }
  return parties.map((party) => party.allowance);
}

describe("Allocator", () => {
  it("Allocator lets a member that is alone have all, before it asks", () => {
    const one = new Party(new Allocator(4), 8);
    expect(settle(one)).toEqual([4]);
    expect(settle(new Party(new Allocator(4), 3))).toEqual([3]);
  });

  it("Allocator divides evenly, and gives what one does not need to the others", () => {
    const allocator = new Allocator(8);
    const [a, b, c] = [new Party(allocator), new Party(allocator), new Party(allocator)];
    for (const party of [a, b, c]) party.says(8, 0);
    expect(settle(a, b, c)).toEqual([3, 3, 2]);
    a.says(1, 0);
    expect(settle(a, b, c)).toEqual([1, 4, 3]);
    c.says(0, 0);
    expect(settle(a, b, c)).toEqual([1, 7, 0]);
  });

  it("Allocator gives nobody what another still has", () => {
    const allocator = new Allocator(4);
    const [a, b] = [new Party(allocator), new Party(allocator)];
    a.says(4, 0);
    settle(a, b);
    a.says(4, 4);
    b.says(4, 0);
    expect(settle(a, b)).toEqual([2, 1]);
    a.says(4, 3);
    expect(settle(a, b)).toEqual([2, 1]);
    a.says(4, 2);
    expect(settle(a, b)).toEqual([2, 2]);
  });

  it("Allocator counts what a member was told before until it has confirmed", () => {
    const allocator = new Allocator(4);
    const [a, b] = [new Party(allocator), new Party(allocator)];
    a.says(4, 0);
    settle(a, b);
    a.slow = true;
    b.says(4, 0);
    expect(settle(a, b)).toEqual([2, 1]);
    // It had not heard yet when it said so.
    a.says(4, 0);
    expect(settle(a, b)).toEqual([2, 1]);
    a.slow = false;
    expect(settle(a, b)).toEqual([2, 2]);
  });

  it("Allocator has one for each that needs one, however many there are", () => {
    const allocator = new Allocator(2);
    const parties = Array.from({ length: 5 }, () => new Party(allocator));
    parties[0]?.says(8, 0);
    settle(...parties);
    parties[0]?.says(8, 2);
    for (const party of parties) party.says(8, party.live);
    expect(settle(...parties)).toEqual([1, 1, 1, 1, 1]);
  });

  it("Allocator leaves idle workers where they are until another needs them", () => {
    const allocator = new Allocator(4);
    const [a, b] = [new Party(allocator), new Party(allocator)];
    a.says(4, 0);
    settle(a, b);
    a.says(0, 4);
    expect(settle(a, b)).toEqual([4, 0]);
    b.says(1, 0);
    expect(settle(a, b)).toEqual([3, 1]);
    a.says(0, 3);
    b.says(4, 1);
    expect(settle(a, b)).toEqual([0, 1]);
    a.says(0, 0);
    expect(settle(a, b)).toEqual([0, 4]);
  });

  it("Allocator serves those first for whose jobs the others work", () => {
    const allocator = new Allocator(4);
    const [outer, inner] = [new Party(allocator, 8, 0), new Party(allocator, 8, 1)];
    outer.says(3, 0);
    inner.says(8, 0);
    expect(settle(outer, inner)).toEqual([3, 1]);
    outer.says(8, 3);
    expect(settle(outer, inner)).toEqual([3, 1]);
    outer.says(1, 1);
    expect(settle(outer, inner)).toEqual([1, 3]);
  });

  it("Allocator has back all that one had who has left", () => {
    const allocator = new Allocator(4);
    const [a, b] = [new Party(allocator), new Party(allocator)];
    a.says(4, 0);
    settle(a, b);
    a.says(4, 4);
    a.slow = true;
    b.says(4, 0);
    expect(settle(a, b)).toEqual([2, 1]);
    a.leave();
    expect(settle(b)).toEqual([4]);
    a.leave();
    a.says(8, 8);
    expect(settle(b)).toEqual([4]);
  });

  it("Allocator tells nothing twice", () => {
    const allocator = new Allocator(4);
    const [a, b] = [new Party(allocator), new Party(allocator)];
    for (let i = 0; i < 10; i++) {
      a.says(2, i % 2);
      b.says(2, i % 2);
      settle(a, b);
    }
    for (const { told } of [a, b]) {
      expect(told.every((allowance, i) => allowance !== told[i - 1])).toBe(true);
      expect(told.length).toBeLessThan(6);
    }
  });
});
