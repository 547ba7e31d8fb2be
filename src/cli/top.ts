/**
 * `compute-cluster top`: queues and the hosts that serve them, as they are now and from then on.
 *
 * @module
 */

import process from "node:process";
import { Monitor, type Overview } from "../../nats.ts";
import { type AccessFlags, accessOf, toldError } from "./access.ts";
import { EXIT } from "./exit-code.ts";
import { Interrupts } from "./interrupts.ts";
import { print } from "./print.ts";
import { Screen } from "./screen.ts";
import { view } from "./top-view.ts";

/** What the command was told. */
export interface TopFlags extends AccessFlags {
  readonly queue?: readonly string[];
  /** In milliseconds. */
  readonly interval?: number;
  readonly once?: true;
  readonly json?: true;
}

/** Shows what there is until it is ended, and returns the exit code. */
export async function top(flags: TopFlags): Promise<number> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  // However it is ended, that is what it was to do.
  const interrupts = new Interrupts(end, end);
  // Whoever reads it may stop to.
  process.stdout.once("error", end);
  let monitor: Monitor | null = null;
  let screen: Screen | null = null;
  try {
    monitor = await orEnded(Monitor.open({ ...accessOf(flags), queue: flags.queue }), ended.signal);
    if (!monitor) return EXIT.done;
    // What can't be had at first is told as an error, not on a screen.
    let overview: Overview | null = await orEnded(monitor.look(), ended.signal);
    if (process.stdout.isTTY && !flags.once && !flags.json) screen = new Screen(end);
    while (overview && !ended.signal.aborted) {
      const [head, body] = [title(flags, overview), view(overview)];
      if (screen) screen.show(`${head}\n\n${body}`);
      else await orEnded(print(flags.json ? line(overview) : `${head}\n${body}\n\n`), ended.signal);
      if (flags.once) break;
      overview = await next(monitor, flags.interval ?? 2_000, ended.signal, (why) => {
        if (screen) screen.show(`${head}  ${why}\n\n${body}`);
        else process.stderr.write(`${why}\n`);
      });
    }
    return EXIT.done;
  } catch (error) {
    throw toldError(error);
  } finally {
    screen?.end();
    interrupts.end();
    if (!ended.signal.aborted) await monitor?.close();
  }
}

/** What there is after a pause; null if it is ended. Goes on while the broker is away. */
async function next(
  monitor: Monitor,
  interval: number,
  signal: AbortSignal,
  failed: (why: string) => void,
): Promise<Overview | null> {
  for (;;) {
    await orEnded(new Promise<void>((resolve) => setTimeout(resolve, interval)), signal);
    if (signal.aborted) return null;
    try {
      return await orEnded(monitor.look(), signal);
    } catch (error) {
      failed((error as Error).message);
    }
  }
}

function title({ engine }: TopFlags, { server }: Overview): string {
  return `${engine.join(",")}  NATS ${server}  ${new Date().toTimeString().slice(0, 8)}`;
}

/** For machines. */
function line(overview: Overview): string {
  return `${JSON.stringify({ at: new Date().toISOString(), ...overview })}\n`;
}

/** What is waited for, or null when it is ended before. */
function orEnded<T>(wait: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const ended = (): void => resolve(null);
    if (signal.aborted) return ended();
    signal.addEventListener("abort", ended, { once: true });
    wait.finally(() => signal.removeEventListener("abort", ended)).then(resolve, reject);
  });
}
