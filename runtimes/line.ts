/**
 * The host's end of the line to one worker, the same for every transport: takes out the frames that are the adapter's own
 * business and sees that `exit` is told once and last.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";
import type { WorkerEvents, WorkerExit, WorkerPort, WorkerSpec } from "../src/core/adapter.ts";
import { frameType, type Init } from "../src/core/frame.ts";
import { LEAVING } from "./patience.ts";
import { randomName } from "./random-name.ts";

/** What a transport knows of a worker's end; the line adds what the worker had reported. */
export type Ending = Partial<WorkerExit>;

/** Makes a port by `make`, which may throw: then the worker is one that exits at once. */
export function open(spec: WorkerSpec, events: WorkerEvents, make: (line: Line) => WorkerPort): WorkerPort {
  const line = new Line(spec, events);
  try {
    return make(line);
  } catch (cause) {
    queueMicrotask(() => line.end({ cause }));
    return { id: NOT_STARTED, pid: null, exchange: null, send() {}, stop() {}, kill() {}, ref() {}, unref() {} };
  }
}

/** What stands for a message that is none of the bootstrap's. */
const STRAY = { type: "stray" };

/** The id of a worker that could not be started. */
export const NOT_STARTED = "not started";

/** The host's end of one line. */
export class Line {
  readonly #events: WorkerEvents;
  readonly #spec: WorkerSpec;
  #hasTeardown = false;
  /** What the bootstrap's frames have that no others have. */
  readonly key: string = randomName();
  #fatal: unknown = null;
  #pong: (() => void) | null = null;
  readonly #deadlines = new Set<ReturnType<typeof setTimeout>>();
  #ended = false;

  constructor(spec: WorkerSpec, events: WorkerEvents) {
    this.#spec = spec;
    this.#events = events;
  }

  /** Whether the worker has exited. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the module wants to be asked before it ends. */
  get hasTeardown(): boolean {
    return this.#hasTeardown;
  }

  /**
   * Sends the first frame. `setupData` that can't be sent makes the worker useless: it is killed, and its exit says why.
   *
   * @param imports Whether the bootstrap imports the module, or the runtime runs it as the main one.
   * @param exchange What is shared with the worker.
   */
  begin(port: Pick<WorkerPort, "send" | "kill">, imports: boolean, exchange: Init["exchange"]): void {
    const { module, argv, setupData, replay, measures, concurrency, serialization, budget } = this.#spec;
    const { key } = this;
    try {
      const init: Init = {
        module,
        imports,
        argv,
        measures,
        concurrency,
        serialization,
        exchange,
        key,
        // Undefined is more than JSON can carry.
        ...(setupData === undefined ? {} : { setupData }),
        ...(replay.length === 0 ? {} : { replay }),
        ...(budget === null ? {} : { budget }),
      };
      port.send({ type: "init", init });
    } catch (error) {
      this.#fatal = this.#spec.setupNotCloneable(error);
      port.kill();
    }
  }

  /** Takes a message from the worker, whatever it is. */
  receive(frame: unknown): void {
    if (this.#ended) return;
    switch (frameType(frame)) {
      case "ready":
        if (!this.#isKeyed(frame)) return;
        this.#hasTeardown = (frame as { teardown?: unknown }).teardown === true;
        return this.#events.ready();
      case "fatal":
        this.#fatal = this.#spec.decodeError((frame as { error?: unknown }).error);
        return;
      case "pong":
        return this.#pong?.();
      default:
        return this.#events.message(this.#isKeyed(frame) ? frame : STRAY);
    }
  }

  /** Whether the bootstrap made it: a module can post what it likes, but does not know the key. */
  #isKeyed(frame: unknown): boolean {
    return typeof frame === "object" && frame !== null && Object.hasOwn(frame, "key") &&
      (frame as { key: unknown }).key === this.key;
  }

  /** The worker can't be understood, or not be reached, any more; its exit will say so. */
  broke(error: unknown): void {
    this.#fatal ??= error;
  }

  /** Calls back on the next pong. */
  onPong(then: () => void): void {
    this.#pong = then;
  }

  /** Asks the worker to leave, as a port's `stop` is to; `signal` is what ends one that has no teardown. */
  stop(port: Pick<WorkerPort, "send">, free: boolean, signal: () => void): void {
    if (free || this.#hasTeardown) port.send({ type: "stop" });
    if (this.#hasTeardown) return;
    if (free) this.unlessEnded(LEAVING, signal);
    else signal();
  }

  /** Calls `then` after so many milliseconds if the worker is still there. The program may end meanwhile. */
  unlessEnded(delay: number, then: () => void): void {
    if (this.#ended) return;
    const deadline = setTimeout(then, delay);
    deadline.unref();
    // Kept to be cleared: what it calls holds the port, the cluster, and all that the program's listeners hold.
    this.#deadlines.add(deadline);
  }

  /** The worker is gone; a no-op after the first time. */
  end({ code = null, signal = null, stderr = "", cause = null, abandoned = false }: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const deadline of this.#deadlines) clearTimeout(deadline);
    this.#events.exit({ code, signal, stderr, cause: this.#fatal ?? cause, abandoned });
  }
}
