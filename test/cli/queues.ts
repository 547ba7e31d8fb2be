/**
 * What the tests of the commands for many machines share: commands that reach a broker of their own.
 */

import { once } from "node:events";
import { get } from "node:http";
import { expect } from "vitest";
import type { Broker } from "../nats/broker.ts";
import type { Commands, Host, Running } from "./commands.ts";

/** What a host runs. */
export const WORKER = `
import { existsSync } from "node:fs";
/** Not before there is a file of that name: its first host does not end it. */
export const once = async (value) => {
  while (!existsSync(new URL("./once", import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 20));
  return value;
};
export default async (ms) => { await new Promise((resolve) => setTimeout(resolve, ms)); return ms; };
export const told = () => data;
export const leave = () => process.exit(3);
let data;
export const setup = (given) => { data = given; };
`;

/** A host that serves, and what it said first. */
export interface Served {
  readonly running: Running;
  readonly greeting: string;
}

/** Starts `serve`; it serves when this resolves. */
export async function serve(
  commands: Commands,
  broker: Broker,
  runtime: Host,
  queue: string,
  ...more: string[]
): Promise<Served> {
  commands.write("host.mjs", WORKER);
  const flags = ["--engine", broker.url, "--queue", queue, "--module", "host.mjs", "--max-workers", "1", ...more];
  const running = commands.start(runtime, ["serve", ...flags]);
  return { running, greeting: await firstLine(running) };
}

async function firstLine({ child, ended }: Running): Promise<string> {
  let text = "";
  child.stdout?.on("data", (chunk: string) => text += chunk);
  while (!text.includes("\n")) {
    const early = await Promise.race([once(child.stdout as NodeJS.ReadableStream, "data").then(() => null), ended]);
    if (early) expect(early, "the host serves").toBe("serving");
  }
  return text.split("\n")[0] as string;
}

/** A page's status and text. */
export function page(url: string): Promise<[status: number | undefined, text: string]> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => text += chunk);
      response.on("end", () => resolve([response.statusCode, text]));
    }).on("error", reject);
  });
}

/** Resolves when a page has this status. */
export async function untilStatus(url: string, status: number): Promise<string> {
  for (;;) {
    const [found, text] = await page(url);
    if (found === status) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resolves when a program has said this on stderr, now or before. */
export async function untilSaid({ child, said, ended }: Running, what: string): Promise<void> {
  let over = false;
  void ended.then(() => over = true);
  while (!said.stderr.includes(what)) {
    if (over) throw new Error(`it has ended without saying ${what}: ${said.stderr}`);
    await Promise.race([once(child.stderr as NodeJS.ReadableStream, "data"), ended]);
  }
}
