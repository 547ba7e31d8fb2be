/**
 * Runs the conformance suite, as far as it is about what every engine must do, with jobs that a host runs over NATS.
 */

import { afterAll, beforeAll, expect, test } from "vitest";
import { LACKS } from "../../runtimes/capabilities.ts";
import { runtime } from "../../runtimes/select.ts";
import { registerKind } from "../conformance/register.ts";
import { suites } from "../conformance/suites.ts";
import { Broker, versions } from "./broker.ts";
import { overNats } from "./elsewhere.ts";
import { LEFT_OUT, SOME, SUITES } from "./left-out.ts";

const brokers = new Map<string, Broker>();

beforeAll(async () => {
  for (const version of versions) brokers.set(version, await Broker.start({ version }));
});
afterAll(() => Promise.all([...brokers.values()].map((broker) => broker.end())));

const cases = Object.fromEntries(SUITES.map((title) => [title, suites[title] ?? []]));

test("what is left out is in the suites", () => {
  const names = Object.values(cases).flat().map(({ name }) => name);
  expect(Object.keys(LEFT_OUT).filter((name) => !names.includes(name))).toEqual([]);
});

for (const version of versions) {
  const oldest = version === versions[0];
  registerKind(
    {
      name: oldest ? `${runtime} nats` : `${runtime} nats ${version}`,
      isolation: "process",
      lacks: LACKS[`${runtime} process`],
      elsewhere: overNats(() => brokers.get(version) as Broker),
    },
    oldest ? cases : Object.fromEntries(SOME.map((title) => [title, cases[title] ?? []])),
    LEFT_OUT,
  );
}
