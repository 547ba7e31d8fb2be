import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it as plain } from "vitest";
import { parse } from "yaml";
import { root } from "../../scripts/bin.mjs";
import { fetchServers, serverOf, VERSIONS } from "../../scripts/nats-servers.mjs";
import { HOSTS, it } from "./programs.ts";

describe.each(HOSTS)("examples/many-machines on %s", (host) => {
  beforeAll(() => {
    fetchServers();
    process.env["NATS_SERVER"] = serverOf(VERSIONS[0] as string);
  });
  afterAll(() => {
    delete process.env["NATS_SERVER"];
  });

  it("has two hosts run the submitter's jobs", async ({ programs }) => {
    const { code, stdout, stderr } = await programs.run({ host, rights: ["-A"], file: "many-machines/all.ts" });
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("148933 primes below 2000000\n");
    const ran = [...stdout.matchAll(/^(?:one|two) has run (\d+) jobs$/gm)].map(([, jobs]) => Number(jobs));
    expect(ran.reduce((sum, jobs) => sum + jobs, 0)).toBe(80);
    expect(stdout).toContain("one has ended\n");
    expect(stdout).toContain("two has ended\n");
  });
});

plain("examples/many-machines/docker-compose.yml starts programs that are there, after those that they need", () => {
  const { services } = parse(readFileSync(join(root, "examples/many-machines/docker-compose.yml"), "utf8"));
  expect(Object.keys(services)).toEqual(["nats", "host", "submitter"]);
  for (const { command, depends_on } of [services.host, services.submitter]) {
    expect(readFileSync(join(root, command.at(-1)), "utf8")).toContain("NATS_URL");
    for (const [name, { condition }] of Object.entries<{ condition: string }>(depends_on)) {
      expect([services[name].healthcheck !== undefined, condition]).toEqual([true, "service_healthy"]);
    }
  }
});
