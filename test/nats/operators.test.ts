/**
 * Who looks after queues, with the rights that docs/many-machines.md lists.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DeadLetters, Monitor } from "../../nats.ts";
import { QUEUE, Roles } from "./roles.ts";

describe("Of those with rights of their own", { timeout: 60_000 }, () => {
  let roles: Roles;

  beforeAll(async () => {
    roles = await Roles.start("2.10");
  });

  afterAll(() => roles?.end());

  it("an administrator sees queues, hosts, and jobs that were set aside", async () => {
    const host = await roles.host();
    const { queue, ...access } = roles.access("admin");
    for (const options of [access, { ...access, queue }]) {
      const monitor = await Monitor.open(options);
      // Hosts have a second to answer.
      await expect.poll(async () => (await monitor.look()).queues, { timeout: 20_000 }).toMatchObject([
        { queue: QUEUE, hosts: [{ host: host.name }] },
      ]);
      await monitor.close();
    }
    const dead = await DeadLetters.open({ ...access, queue });
    expect(await dead.list()).toEqual([]);
    await dead.close();
  });

  it("a submitter does not", async () => {
    const access = roles.access("alice");
    const monitor = await Monitor.open(access);
    await expect(monitor.look()).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      lasting: true,
      message: expect.stringMatching(/^the queues can't be looked at: Permissions Violation/),
    });
    await monitor.close();
    const dead = await DeadLetters.open(access);
    await expect(dead.list()).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      lasting: true,
      message: expect.stringMatching(/^listing dead jobs can't be done: Permissions Violation/),
    });
    await dead.close();
  });

  it("a submitter without the rights to what hosts say has every job taken, whatever its deadline", async () => {
    const cc = roles.cluster("alice");
    await expect(cc.enqueue({ op: "echo", value: 1 }, { deadline: 30_000 })).resolves.toBe(1);
  });
});
