import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { root } from "../../scripts/bin.mjs";
import { Broker } from "../nats/broker.ts";
import { type Commands, type Ended, HOSTS, it } from "./commands.ts";
import { serve } from "./queues.ts";

/** Of util-linux: a terminal for a program. */
const SCRIPT = "/usr/bin/script";

let broker: Broker;

beforeAll(async () => {
  broker = await Broker.start({ version: "2.10" });
});

afterAll(() => broker?.end());

describe.concurrent.each(HOSTS)("top on %s", { timeout: 60_000 }, (host) => {
  it("shows queues and hosts once, for people and for machines", async ({ commands }) => {
    const queue = `top-${host}`;
    await serve(commands, broker, host, queue, "--host", `h-${host}`, "--module-version", "1.4");
    const args = ["top", "--engine", broker.url, "--queue", queue, "--once"];
    /** Again if the host did not answer, for which it has a second. */
    const top = async (...more: string[]): Promise<Ended> => {
      for (let times = 1;; times++) {
        const ended = await commands.run(host, [...args, ...more]);
        if (times === 5 || ended.stdout.includes(`h-${host}`)) return ended;
      }
    };
    const [people, machines] = await Promise.all([top(), top("--json")]);
    expect(people).toMatchObject({ code: 0, stderr: "" });
    const [title, queues, one, none, hosts, first] = people.stdout.split("\n");
    expect(title).toMatch(/^nats:\/\/127\.0\.0\.1:\d+ {2}NATS 2\.10\.\d+ {2}\d\d:\d\d:\d\d$/);
    expect(queues).toMatch(
      /^queue +waiting +oldest +running +jobs\/s +run +hosts +slots +dead +redelivered +limit +version$/,
    );
    expect(one).toMatch(new RegExp(`^${queue} +0 +- +0 +0 +- +1 +1 +0 +0 +100,000 +1\\.4$`));
    expect(none).toBe("");
    expect(hosts).toMatch(
      /^host +queue +state +slots +held +waiting +jobs\/s +run +done +failed +up +runtime +library +module$/,
    );
    expect(first).toMatch(
      new RegExp(`^h-${host} +${queue} +serving +1 +0 +0 +0 +- +0 +0 .* +${host} [\\d.]+ +1\\.0\\.0 +1\\.4$`),
    );
    expect(machines.stdout.split("\n")).toHaveLength(2);
    expect(JSON.parse(machines.stdout)).toMatchObject({
      at: expect.any(String),
      server: expect.stringMatching(/^2\.10\./),
      queues: [{ queue, waiting: 0, running: 0, hosts: [{ host: `h-${host}`, slots: 1, version: "1.4" }] }],
    });
  });

  it("goes on until a signal ends it", async ({ commands }) => {
    const args = ["top", "--engine", broker.url, "--interval", "100ms", "--json"];
    const { child, ended } = commands.start(host, args);
    let lines = 0;
    child.stdout?.on("data", (text: string) => {
      lines += text.split("\n").length - 1;
      // A second one would end it as usual.
      if (lines > 3 && !child.killed) child.kill("SIGINT");
    });
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("ends when nobody reads it any more", async ({ commands }) => {
    const { child, ended } = commands.start(host, ["top", "--engine", broker.url, "--interval", "100ms"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("refuses what can't work", async ({ commands }) => {
    const nobody = await commands.run(host, ["top", "--engine", broker.url, "--queue", "nobody", "--once"]);
    expect(nobody).toEqual({ code: 2, stdout: "", stderr: 'error: there is no queue "nobody"\n' });
    const never = await commands.run(host, ["top", "--engine", broker.url, "--interval", "0"]);
    expect(never.code).toBe(2);
    expect(never.stderr).toMatch(/must be a time such as 500ms/);
    const seconds = await commands.run(host, ["top", "--engine", broker.url, "--interval", "1"]);
    expect(seconds.code).toBe(2);
    expect(seconds.stderr).toContain('It must be 100ms at least; "1" is 1 ms.');
  });
});

describe("top in a terminal", { timeout: 60_000 }, () => {
  /** The line of its host. */
  const SEEN = /seen +screen +serving/;

  /** Runs it in a terminal; gives what that was told, once `q` or Ctrl-C has ended it. */
  async function inTerminal(commands: Commands, key: string): Promise<{ code: number | null; told: string }> {
    const top = `${process.execPath} ${
      join(root, "dist/cli.js")
    } top --engine ${broker.url} --interval 100ms; echo "code $?"; stty`;
    const { child, ended } = commands.startProgram([SCRIPT, "-qefc", top, "/dev/null"], "open");
    let told = "";
    let pressed = false;
    child.stdout?.on("data", (text: string) => {
      told += text;
      // Drawn twice at least, and the host has answered.
      if (pressed || told.split("\x1b[1;1H").length < 3 || !SEEN.test(told)) return;
      pressed = true;
      child.stdin?.write(key);
    });
    const { code } = await ended;
    return { code, told };
  }

  it.skipIf(!existsSync(SCRIPT)).for(["q", "\x03"])(
    "draws in place, and leaves it as it was (%j)",
    async (key, { commands }) => {
      await serve(commands, broker, "node", "screen", "--host", "seen");
      const { told } = await inTerminal(commands, key);
      const [before, rest = ""] = told.split("\x1b[?1049h");
      const [screen = "", after] = rest.split("\x1b[?1049l");
      expect(before).toBe("");
      expect(screen.startsWith("\x1b[?25l\x1b[1;1Hnats:")).toBe(true);
      expect(screen).toMatch(SEEN);
      expect(screen.endsWith("\x1b[?25h")).toBe(true);
      expect(after).toMatch(/^code 0\r\n/);
      // Of a terminal that reads lines and shows what is typed, `stty` does not say otherwise.
      expect(after).not.toMatch(/-icanon|-echo\b|-isig/);
    },
  );
});
