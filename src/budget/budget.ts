/**
 * How many workers several clusters may have together.
 *
 * @module
 */

import { usableCores } from "../parallelism.ts";
import * as check from "../validate.ts";
import { VARIABLE, written } from "./address.ts";
import { type Holding, machineHolding, Own } from "./holding.ts";

/** Options of a budget. */
export interface BudgetOptions {
  /**
   * How many workers its clusters may have together. At least 1.
   *
   * @default the usable cores; affinity and a container's CPU quota count
   */
  workers?: number | undefined;
}

let machine: Budget | null = null;

/** What is behind a budget; null for what is none. */
export let holdingOf: (budget: unknown) => Holding | null;

/**
 * A number of workers that several clusters have together. Each gets what it has work for, evenly where that is too much. A worker
 * that another cluster should have is let go when its job has ended, or at once when it has none.
 *
 * A cluster with work may always have one worker, however many clusters there are: a job that waits for a job of another cluster would
 * otherwise wait for ever. So there are as many workers as clusters with work where that is more than the budget, and one more for
 * each cluster that begins while others have all, until they have let one go.
 *
 * @example
 * ```ts
 * import { Budget, ComputeCluster } from "compute-cluster";
 *
 * const budget = new Budget({ workers: 4 });
 * const images = new ComputeCluster({ module: new URL("./images.ts", import.meta.url), budget });
 * const reports = new ComputeCluster({ module: new URL("./reports.ts", import.meta.url), budget });
 * ```
 */
export class Budget {
  #holding: Holding;

  /**
   * A budget of this program's clusters.
   *
   * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`, naming the option, the rule and the value.
   */
  constructor(options: BudgetOptions = {}) {
    const { workers } = check.ownOptions(options, "options", ["workers"]);
    this.#holding = new Own(workers === undefined ? usableCores() : check.count("workers", workers, 1));
  }

  static {
    holdingOf = (budget) =>
      typeof budget === "object" && budget !== null && #holding in budget ? budget.#holding : null;
  }

  /**
   * The budget of all processes of this program: as many workers as there are usable cores, for the clusters that are given it, here
   * and in the workers of those clusters, and theirs. Children that you start yourself take part when they get {@link Budget.env}.
   *
   * The first process that uses it holds it. When that one is gone, or can't be reached, each of the others goes on with a budget of
   * its own. A process that ends, in whatever way, gives everything back.
   *
   * A worker counts while its job waits for a cluster of the worker's own, too. Clusters further up are served first.
   *
   * @example
   * ```ts
   * import { Budget, ComputeCluster } from "compute-cluster";
   *
   * const cc = new ComputeCluster({ module: new URL("./worker.ts", import.meta.url), budget: Budget.machine });
   * ```
   */
  static get machine(): Budget {
    if (machine) return machine;
    machine = new Budget();
    machine.#holding = machineHolding();
    return machine;
  }

  /**
   * What to add to the environment of a child, so that its `Budget.machine` is this budget. Empty where the program may not make
   * sockets (Deno without `--allow-net`, `--allow-read` and `--allow-write`). The program's own environment is not changed.
   *
   * @example
   * ```ts
   * import { fork } from "node:child_process";
   * import { Budget } from "compute-cluster";
   *
   * fork("./server.js", { env: { ...process.env, ...Budget.machine.env } });
   * ```
   */
  get env(): Record<string, string> {
    const address = this.#holding.address("children");
    return address ? { [VARIABLE]: written(address) } : {};
  }
}
