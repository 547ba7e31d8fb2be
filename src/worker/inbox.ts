/**
 * The original contract, `process.on("message")` and `process.send`, on every runtime and in every isolation. The module's
 * listeners are kept apart from the real channel: they see arguments of jobs, one `message` each, and never a frame.
 *
 * @module
 */

import { EventEmitter } from "node:events";

type Method = (this: unknown, event: unknown, ...rest: unknown[]) => unknown;

/**
 * The methods of an emitter that name an event first. Not `listenerCount`: Node asks it whether anybody is there before it
 * delivers a message, and must be told of our own listener.
 */
const METHODS = [
  "on",
  "addListener",
  "once",
  "prependListener",
  "prependOnceListener",
  "off",
  "removeListener",
  "listeners",
  "rawListeners",
  "emit",
] as const;

/** The module's `message` listeners. */
export interface Inbox {
  /** Hands arguments to the module, as `process.on("message")` gets them. */
  deliver(args: unknown): void;
  /** Whether a listener is there. */
  readonly heard: boolean;
  /** Calls back once a listener is there. */
  whenHeard(then: () => void): void;
}

/**
 * Puts the module's `message` listeners on an emitter of their own.
 *
 * @param channelEmits Takes what the runtime itself emits as `message`; returns whether it was one of our frames. Node and
 * Deno deliver a message by calling `process.emit`, Bun calls the listeners directly.
 */
export function separateInbox(process: NodeJS.Process, channelEmits: (value: unknown) => boolean): Inbox {
  const inbox = new EventEmitter();
  const target = process as unknown as Record<string, Method>;
  for (const name of METHODS) {
    const real = target[name] as Method;
    const apart = (inbox as unknown as Record<string, Method>)[name] as Method;
    const method: Method = function (event, ...rest) {
      if (event !== "message" || (name === "emit" && channelEmits(rest[0]))) return real.call(process, event, ...rest);
      const result = apart.call(inbox, event, ...rest);
      return result === inbox ? process : result;
    };
    Object.defineProperty(process, name, { value: method, writable: true, configurable: true, enumerable: false });
  }
  const removeAll = process.removeAllListeners as Method;
  const removeAllListeners: Method = function (...events) {
    // Without an event's name this would take the channel's own listener too.
    if (events.length === 0) inbox.removeAllListeners();
    else if (events[0] === "message") inbox.removeAllListeners("message");
    else removeAll.call(process, events[0]);
    return process;
  };
  Object.defineProperty(process, "removeAllListeners", {
    value: removeAllListeners,
    writable: true,
    configurable: true,
  });
  return {
    deliver: (args) => void inbox.emit("message", args, undefined),
    get heard() {
      return inbox.listenerCount("message") > 0;
    },
    whenHeard(then) {
      if (inbox.listenerCount("message") > 0) return then();
      // The event comes before the listener is there.
      const added = (event: unknown): void => {
        if (event !== "message") return;
        inbox.off("newListener", added);
        queueMicrotask(then);
      };
      inbox.on("newListener", added);
    },
  };
}
