/**
 * Runs the conformance suite, as far as it is about what every engine must do, with jobs that a host runs over NATS.
 */

import { afterAll, beforeAll, expect, test } from "vitest";
import { LACKS } from "../../runtimes/capabilities.ts";
import { runtime } from "../../runtimes/select.ts";
import { registerKind } from "../conformance/register.ts";
import { suites } from "../conformance/suites.ts";
import { Broker } from "./broker.ts";
import { overNats } from "./elsewhere.ts";
import { LEFT_OUT, SUITES } from "./left-out.ts";

let broker: Broker;

beforeAll(async () => void (broker = await Broker.start()));
afterAll(() => broker?.end());

const cases = Object.fromEntries(SUITES.map((title) => [title, suites[title] ?? []]));

test("what is left out is in the suites", () => {
  const names = Object.values(cases).flat().map(({ name }) => name);
  expect(Object.keys(LEFT_OUT).filter((name) => !names.includes(name))).toEqual([]);
});

registerKind(
  {
    name: `${runtime} nats`,
    isolation: "process",
    lacks: LACKS[`${runtime} process`],
    elsewhere: overNats(() => broker),
  },
  cases,
  LEFT_OUT,
);
