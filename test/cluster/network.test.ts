/**
 * Hosts on machines of their own, whose network is cut, slow, or loses what it carries.
 */

import { afterEach, beforeEach, expect, it, type TestContext } from "vitest";
import type { ComputeCluster } from "../../mod.ts";
import { until } from "../conformance/kit.ts";
import { Stage } from "../nats/stage.ts";
import { Network } from "./network.ts";

const LEASE = 4_000;

let stage: Stage;
let network: Network | string;

beforeEach(() => {
  stage = new Stage();
  network = Network.make();
});
afterEach(async () => {
  await stage.clean();
  if (typeof network !== "string") network.end();
});

/** A queue, a submitter, and two hosts, each on a machine of its own. */
async function hosts(
  { skip }: TestContext,
  lease = LEASE,
): Promise<{ cc: ComputeCluster; nodes: ReturnType<Network["node"]>[] }> {
  if (typeof network === "string") return skip(network);
  const broker = await stage.broker({ address: network.address });
  const shared = { servers: broker.url, queue: stage.queue() };
  const nodes = [network.node(), network.node()];
  await Promise.all(nodes.map(({ command }) => stage.hostProgram({ ...shared, lease }, "node", command)));
  return { cc: stage.cluster(shared), nodes };
}

/** Runs so many jobs of 30 ms; in their midst, `then` happens. Each has its answer. */
async function jobs(cc: ComputeCluster, count: number, then: () => Promise<void>): Promise<void> {
  let answered = 0;
  const all = Array.from({ length: count }, async (_, line) => {
    const value = await cc.enqueue({
      op: "log",
      file: stage.file("ran"),
      line,
      next: { op: "sleep", ms: 30, value: line },
    });
    answered++;
    return value;
  });
  await until(() => answered > count / 4);
  await then();
  expect(await Promise.all(all)).toEqual(Array.from({ length: count }, (_, line) => line));
  expect(cc.stats().jobs).toMatchObject({ accepted: count, succeeded: count, failed: 0 });
  expect(new Set(stage.lines("ran")).size).toBe(count);
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it("A host that is cut off for less than its lease has its jobs run by nobody else", async (context) => {
  const { cc, nodes } = await hosts(context, 12_000);
  await jobs(cc, 200, async () => {
    nodes[0]?.cut(true);
    await later(1_000);
    nodes[0]?.cut(false);
  });
  expect(stage.lines("ran").length).toBe(200);
});

it("Jobs of a host that is cut off for longer are run by others, and it takes jobs again when it is back", async (context) => {
  const { cc, nodes } = await hosts(context);
  const [cut, other] = nodes;
  await jobs(cc, 200, async () => {
    cut?.cut(true);
    await later(LEASE * 1.5);
    cut?.cut(false);
  });
  // The other is cut off in turn: what is answered now, the first has run.
  other?.cut(true);
  expect(await cc.enqueue({ op: "echo", value: "back" })).toBe("back");
  other?.cut(false);
});

it.for(
  [
    ["50 ms", ["delay", "50ms"]],
    ["50 ms, and a fiftieth lost", ["delay", "50ms", "loss", "2%"]],
  ] as const,
)("A slow network costs no answer (%s)", async ([, how], context) => {
  const { cc, nodes } = await hosts(context);
  if (!nodes.every((node) => node.disturb(...how))) context.skip("this system's kernel has no netem");
  await jobs(cc, 200, async () => {});
});
