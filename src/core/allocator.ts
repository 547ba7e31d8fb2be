/**
 * Divides a number of workers among clusters. Knows neither clusters nor workers: its members say what they need and have, and are
 * told what they may have.
 *
 * Each member that needs a worker may have one, at once and whatever the others have: a job that waits for a job of another cluster
 * would otherwise wait for ever. The rest goes, one by one and to whoever has least, first to those that need more, then to those that
 * have more, then to those that might want more. So everybody's allowance is what it may have now without asking.
 *
 * Nobody is given what another still has: what a member was allowed counts as taken until it has confirmed that it knows better and
 * has let its workers go. A member that never answers keeps what it was allowed, and costs the others no more than that.
 *
 * @module
 */

/** What a member says of itself. */
export interface Report {
  /** How many workers it has work for. */
  readonly need: number;
  /** How many it has, those that are ending included. No more than 1 and what it was allowed, or was before. */
  readonly live: number;
  /** The allowance that it goes by; at first 0. */
  readonly heard: number;
}

/** A cluster's hold on a budget. */
export interface Member {
  report(report: Report): void;
  /** Gives everything back. */
  leave(): void;
}

/** A budget, as a cluster sees it. */
export interface Allowances {
  /**
   * Takes part.
   *
   * @param most The most workers that it will ever want.
   * @param tell Is told each new allowance, from within `report` or later. The first worker needs none.
   */
  join(most: number, tell: (allowance: number) => void): Member;
}

interface Entry {
  readonly most: number;
  readonly level: number;
  readonly tell: (allowance: number) => void;
  need: number;
  live: number;
  /** What it was told last. */
  allowance: number;
  /** What it was told before, and may go by until it has confirmed the last; null when it has. */
  unconfirmed: number | null;
  /** What it should have. */
  target: number;
}

/** Divides. */
export class Allocator implements Allowances {
  readonly #workers: number;
  readonly #entries = new Set<Entry>();

  /** @param workers How many there are to be, but for those that everybody may have. */
  constructor(workers: number) {
    this.#workers = workers;
  }

  /**
   * @param level How many workers stand between the member and the first program: those of a worker's own cluster come after those
   * that work for the same jobs further up, who would lose their workers to their own workers' clusters.
   */
  join(most: number, tell: (allowance: number) => void, level: number = 0): Member {
    const entry: Entry = { most, level, tell, need: 0, live: 0, allowance: 0, unconfirmed: null, target: 0 };
    this.#entries.add(entry);
    this.#divide();
    return {
      report: ({ need, live, heard }) => {
        entry.need = need;
        entry.live = live;
        if (heard === entry.allowance) entry.unconfirmed = null;
        this.#divide();
      },
      leave: () => {
        if (this.#entries.delete(entry)) this.#divide();
      },
    };
  }

  #divide(): void {
    this.#aim();
    // Not told again before it has confirmed: its answer would not tell which it has heard.
    const changed = [...this.#entries].filter((entry) =>
      entry.target !== entry.allowance && entry.unconfirmed === null
    );
    for (const entry of changed) if (entry.target < entry.allowance) allow(entry, entry.target);
    let free = this.#workers;
    for (const entry of this.#entries) free -= taken(entry);
    for (const entry of changed.sort((a, b) => a.level - b.level || a.allowance - b.allowance)) {
      const before = taken(entry);
      const owed = entry.need > 0 ? 1 : 0;
      const allowance = Math.min(entry.target, Math.max(owed, before + Math.max(0, free)));
      if (allowance <= entry.allowance) continue;
      allow(entry, allowance);
      free -= taken(entry) - before;
    }
  }

  /** Finds what each should have. */
  #aim(): void {
    const entries = [...this.#entries];
    let rest = this.#workers;
    for (const entry of entries) rest -= entry.target = entry.need > 0 ? 1 : 0;
    for (const level of new Set(entries.map((entry) => entry.level).sort((a, b) => a - b))) {
      rest = pour(rest, entries.filter((entry) => entry.level === level), (entry) => entry.need);
    }
    rest = pour(rest, entries, (entry) => entry.live);
    pour(rest, entries, (entry) => entry.most);
  }
}

/** Gives what is there to whoever has least, up to a bound for each. Returns what is left. */
function pour(rest: number, entries: readonly Entry[], bound: (entry: Entry) => number): number {
  for (; rest > 0; rest--) {
    let least: Entry | null = null;
    for (const entry of entries) {
      if (entry.target < Math.min(entry.most, bound(entry)) && !(least && least.target <= entry.target)) least = entry;
    }
    if (!least) break;
    least.target++;
  }
  return rest;
}

function taken({ live, allowance, unconfirmed }: Entry): number {
  return Math.max(live, allowance, unconfirmed ?? 0);
}

function allow(entry: Entry, allowance: number): void {
  entry.unconfirmed = entry.allowance;
  entry.allowance = allowance;
  entry.tell(allowance);
}
