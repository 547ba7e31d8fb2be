import { describe, expect, it } from "vitest";
import { costsOf, forecast } from "../../bench/nats/forecast.mjs";
import { page } from "../../bench/nats/page.mjs";
import { Pulling } from "../../src/nats/pulling.ts";
import { depthFor, roomFor } from "../../src/nats/room.ts";
import { blocksOf } from "../docs/blocks.ts";

const library = { Pulling, depthFor, roomFor };

const figure = (median: number) => ({ count: 3, median, least: median * 0.9, most: median * 1.1 });

function kind(perSecond: number, cpu: number | null, isNarrow: boolean) {
  const spent = cpu === null ? null : figure(cpu);
  const of = (p50: number) => ({
    perSecond: figure(perSecond),
    p50: figure(p50),
    p99: figure(3 * p50),
    bytes: figure(790),
    messages: figure(9),
    cpu: spent,
    leader: spent,
  });
  return { wide: of(40), narrow: isNarrow ? of(1.5) : null, behind: figure(0.9) };
}

/** What a run may have found, on a system that tells how much time processes have had, or does not. */
function results(cpu: number | null) {
  const place = (hosts: number, submitters: number) => ({
    hosts,
    submitters,
    ours: kind(2_000, cpu, submitters === 1),
    processes: kind(2_200, cpu, submitters === 1),
    inline: kind(4_000, cpu, submitters === 1),
  });
  const standing = (messages: number) => ({
    messages,
    bytes: messages * 200,
    cpu: cpu === null ? null : messages / 50,
    memory: 2e7,
  });
  return {
    version: "2.9",
    node: "v20.20.2",
    cores: 2,
    load: 0.1,
    throughput: [place(1, 1), place(4, 4)],
    replicas: { one: kind(2_000, cpu, true), three: kind(900, cpu, true) },
    busy: [{ hosts: 1, slots: 4, share: 0.97 }],
    idle: [{ idle: 0, perJob: 5_360 }, { idle: 19, perJob: 5_361 }],
    memory: { without: 59, with: 80, added: 21 },
    held: { held: 500, ...standing(101) },
    idleHosts: [{ hosts: 1, ...standing(1) }, { hosts: 100, ...standing(90) }],
    kept: { disk: 208, memory: 300 },
  };
}

describe("The page of what was measured", () => {
  for (const [cpu, sizes] of [[0.15, [10, 100]], [null, [100]]] as const) {
    it(`has a figure everywhere, with processor times ${cpu === null ? "unknown" : "known"}`, () => {
      const found = results(cpu);
      const text = page(found, forecast(found, library, [...sizes]));
      expect(text).not.toMatch(/undefined|NaN|Infinity|null|\[object/);
      expect(text).toContain("## What 10, 100 and 10 000 hosts need");
      for (const hosts of sizes) expect(text).toContain(`- **${hosts} hosts**`);
      const widths = text.split("\n\n").filter((part) => part.startsWith("| ")).map((part) =>
        new Set(part.split("\n").map((line) => line.split("|").length))
      );
      expect(widths.every(({ size }) => size === 1)).toBe(true);
      expect(blocksOf("scale.md", text).map(({ file }) => file)).toContain("main.ts");
    });
  }
});

describe("Costs", () => {
  it("are those of the dearest place, and of what a host or a job adds", () => {
    const found = results(0.15);
    found.throughput[1] = { ...found.throughput[1]!, ours: kind(1_500, 0.3, false) };
    const { one, three } = costsOf(found);
    expect(one.job).toBe(0.3);
    expect(three.job).toBeCloseTo(0.3);
    expect(one.idle).toBeCloseTo((90 - 1) / 50 / 99);
    expect(one.held).toBeCloseTo((101 - 1) / 50 / 500);
  });

  it("are as if the server had always been busy where the system does not tell", () => {
    expect(costsOf(results(null)).one.job).toBe(0.5);
  });
});
