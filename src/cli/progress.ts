/**
 * How far a run is, on stderr: bars on a terminal, a line now and then elsewhere.
 *
 * @module
 */

import process from "node:process";
import cliProgress from "cli-progress";
import type { ClusterStats } from "../../mod.ts";

/** What there is to show. */
export interface Figures {
  /** How much is done, of {@link total}; in whatever unit. */
  readonly done: number;
  /** Null if nobody knows. */
  readonly total: number | null;
  /** Jobs that have ended in this run. */
  readonly jobs: number;
  /** Jobs of them that have failed. */
  readonly failures: number;
  readonly workers: ClusterStats["workers"];
}

/** Shows figures until it is ended. */
export interface Progress {
  /** Says something beside them. */
  say(text: string): void;
  end(): void;
}

/** How often a terminal is told, in milliseconds. */
const REFRESH = 250;

/** How often a log is. */
const SELDOM = 10_000;

/**
 * Shows what `figures` gives, as the program's stderr can.
 *
 * @param isShared Whether results are written to stdout: bars on the same terminal would be drawn over them.
 */
export function showProgress(figures: () => Figures, isShared: boolean): Progress {
  return process.stderr.isTTY && !(isShared && process.stdout.isTTY) ? new Bars(figures) : new Lines(figures);
}

/** Says nothing. */
export const SILENCE: Progress = { say() {}, end() {} };

/** 12345.6 as 12,346; less than 10 with one digit. */
export function shown(number: number): string {
  return number.toLocaleString("en-US", { maximumFractionDigits: number < 10 ? 1 : 0 });
}

/** Jobs per second, of the last few seconds. */
class Rate {
  readonly #samples: { readonly at: number; readonly jobs: number }[] = [];

  add(jobs: number): number {
    const now = { at: performance.now(), jobs };
    this.#samples.push(now);
    if (this.#samples.length > 20) this.#samples.shift();
    const [first = now] = this.#samples;
    return now.at > first.at ? (1000 * (jobs - first.jobs)) / (now.at - first.at) : 0;
  }
}

class Bars implements Progress {
  readonly #figures: () => Figures;
  readonly #bars: cliProgress.MultiBar;
  readonly #jobs: cliProgress.SingleBar;
  readonly #workers: cliProgress.SingleBar;
  readonly #rate = new Rate();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(figures: () => Figures) {
    this.#figures = figures;
    this.#bars = new cliProgress.MultiBar({
      format: "",
      hideCursor: true,
      barsize: 24,
      etaBuffer: 20,
      fps: 1000 / REFRESH,
      forceRedraw: true,
      // The signals are ours to hear.
      gracefulExit: false,
      clearOnComplete: true,
    });
    const { done, total } = figures();
    const counts = "{jobs} jobs  {rate}/s  {failures} failed";
    this.#jobs = this.#bars.create(total ?? 0, total === null ? 0 : done, payload(figures(), 0), {
      format: total === null ? counts : `{bar} {percentage} %  ${counts}  {eta_formatted} left`,
    });
    this.#workers = this.#bars.create(1, 0, payload(figures(), 0), { format: "workers {signs}  {states}" });
    this.#timer = setInterval(() => this.#show(), REFRESH);
    this.#timer.unref();
  }

  say(text: string): void {
    this.#bars.log(`${text}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
    // What was said since it was last drawn.
    this.#bars.update();
    this.#bars.stop();
  }

  #show(): void {
    const figures = this.#figures();
    const shown = payload(figures, this.#rate.add(figures.jobs));
    this.#jobs.update(figures.total === null ? 0 : Math.min(figures.done, figures.total), shown);
    this.#workers.update(0, shown);
  }
}

/** What the formats name. */
function payload({ jobs, failures, workers }: Figures, rate: number): Record<string, string> {
  return {
    jobs: shown(jobs),
    rate: shown(rate),
    failures: shown(failures),
    signs: signs(workers),
    states: states(workers),
  };
}

const SIGNS: Readonly<Record<keyof Figures["workers"], string>> = {
  busy: "#",
  idle: ".",
  starting: "+",
  retiring: "~",
  stopping: "-",
};

/** One sign for each worker, of as many as fit. */
function signs(workers: Figures["workers"]): string {
  const all = (Object.keys(SIGNS) as (keyof typeof SIGNS)[]).map((state) => SIGNS[state].repeat(workers[state])).join(
    "",
  );
  return all.length > 40 ? `${all.slice(0, 39)}…` : all;
}

function states(workers: Figures["workers"]): string {
  return (Object.keys(SIGNS) as (keyof typeof SIGNS)[])
    .filter((state) => workers[state] > 0)
    .map((state) => `${workers[state]} ${state}`)
    .join(", ");
}

class Lines implements Progress {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #rate = new Rate();

  constructor(figures: () => Figures) {
    this.#rate.add(0);
    this.#timer = setInterval(() => this.say(this.#line(figures())), SELDOM);
    this.#timer.unref();
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #line({ done, total, jobs, failures, workers }: Figures): string {
    const share = total === null || total === 0 ? "" : `${Math.min(100, Math.floor((100 * done) / total))} %, `;
    const rate = shown(this.#rate.add(jobs));
    return `${share}${shown(jobs)} jobs (${rate}/s), ${shown(failures)} failed; workers: ${states(workers)}`;
  }
}
