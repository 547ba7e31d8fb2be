/**
 * Who holds a budget: this process, or another that has told this one where it is.
 *
 * @module
 */

import { Allocator, type Allowances, type Member } from "../core/allocator.ts";
import { usableCores } from "../parallelism.ts";
import { type Address, inheritedAddress } from "./address.ts";
import { Joined } from "./joined.ts";
import { Served } from "./served.ts";

/** Whom an address is for: workers of the budget's clusters, or children that the user starts. */
export type Reader = "workers" | "children";

/** A budget, as the clusters of this process have it. */
export interface Holding extends Allowances {
  /** Where others can take part, from now on; null where they can't. */
  address(reader: Reader): Address | null;
}

/** This process does. Others can reach it while a cluster here uses it; once children may, until the program ends. */
export class Own implements Holding {
  readonly #allocator: Allocator;
  #members = 0;
  #forChildren = false;
  #served: Served | null = null;

  constructor(workers: number) {
    this.#allocator = new Allocator(workers);
  }

  join(most: number, tell: (allowance: number) => void): Member {
    const member = this.#allocator.join(most, tell);
    this.#members++;
    return {
      report: (report) => member.report(report),
      leave: () => {
        member.leave();
        if (--this.#members > 0 || this.#forChildren) return;
        this.#served?.end();
        this.#served = null;
      },
    };
  }

  address(reader: Reader): Address | null {
    if (reader === "children") this.#forChildren = true;
    try {
      this.#served ??= new Served(this.#allocator);
      return { level: reader === "workers" ? 1 : 0, path: this.#served.path };
    } catch {
      return null;
    }
  }
}

/** Another does, or did. */
class Inherited implements Holding {
  readonly #address: Address;
  readonly #joined: Joined;
  #own: Own | null = null;

  constructor(address: Address) {
    this.#address = address;
    this.#joined = new Joined(address, () => this.#own = new Own(usableCores()));
  }

  join(most: number, tell: (allowance: number) => void): Member {
    return this.#joined.join(most, tell);
  }

  address(reader: Reader): Address | null {
    if (this.#own) return this.#own.address(reader);
    const { level, path } = this.#address;
    return { level: reader === "workers" ? level + 1 : level, path };
  }
}

/** That of the tree of processes. */
export function machineHolding(): Holding {
  const address = inheritedAddress();
  return address ? new Inherited(address) : new Own(usableCores());
}
