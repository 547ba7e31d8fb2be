/**
 * What is said where one right of those that docs/many-machines.md lists is missing: at the right end, at once, and nothing is lost.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createQueue, serve } from "../../nats.ts";
import { QUEUE, Roles } from "./roles.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

describe("A right that is missing", () => {
  let roles: Roles | null = null;
  afterEach(() => roles?.end());

  /** With NATS 2.10, whose sentences are those of 2.9. */
  async function without(...rights: string[]): Promise<Roles> {
    roles = await Roles.start("2.10", rights);
    return roles;
  }

  it.each([
    [`$JS.API.STREAM.INFO.CC_JOBS_${QUEUE}`],
    [`$JS.API.CONSUMER.INFO.CC_JOBS_${QUEUE}.*`],
    [`$JS.API.CONSUMER.MSG.NEXT.CC_JOBS_${QUEUE}.*`],
    [`cc.abort.${QUEUE}.*`],
    [`cc.hint.${QUEUE}.*`],
    [`cc.roll.${QUEUE}`],
    ["_INBOX.>"],
  ])("keeps a host from serving: %s", async (right) => {
    const access = (await without(right)).access("host");
    const name = right.replace(/[.*>]+$/, "");
    await expect(serve({ ...access, cluster: { module } })).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      message: expect.stringContaining(name),
    });
  });

  it.each([
    [`cc.job.${QUEUE}.*.alice.>`, `cc.job.${QUEUE}.normal.alice`],
    [`cc.live.${QUEUE}.alice.>`, `cc.live.${QUEUE}.alice`],
    ["_INBOX_alice.>", "_INBOX_alice"],
  ])("has a submitter's jobs refused: %s", async (right, name) => {
    const cc = (await without(right)).cluster("alice");
    await expect(cc.enqueue({ op: "echo", value: 1 })).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      retryable: true,
      message: expect.stringContaining(name),
    });
    await cc.close();
  });

  it("has a submitter's named jobs refused: to look whether they were answered", async () => {
    const right = `$JS.API.DIRECT.GET.CC_ANSWERS_${QUEUE}.cc.ans.${QUEUE}.alice.>`;
    const cc = (await without(right)).cluster("alice");
    await expect(cc.enqueue(1, { id: "a" })).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      message: expect.stringContaining("DIRECT.GET"),
    });
  });

  it("has large values refused: to the bucket", async () => {
    const found = await without("$O.CC_images_alice.>");
    await found.host();
    const cc = found.cluster("alice");
    await expect(cc.enqueue({ op: "echo", value: new Uint8Array(2_000_000) })).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      retryable: true,
      message: expect.stringMatching(
        /a value of \d+ bytes can't be kept in the bucket CC_images_alice: .*\$O\.CC_images_alice/,
      ),
    });
    // The host has no right to it either: its large answer becomes an error.
    await expect(cc.enqueue(2_000_000, { task: "moved" })).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      retryable: false,
      message: expect.stringMatching(
        /^the answer can't be kept: a value of 20000\d+ bytes can't be kept in the bucket CC_images_alice/,
      ),
    });
    expect(await cc.enqueue({ op: "echo", value: 1 })).toBe(1);
  });

  it("to answer is told by the host, and the job is not lost", async () => {
    const found = await without(`cc.ans.${QUEUE}.>`);
    const host = await found.host();
    const told = new Promise<Error>((resolve) => host.cluster.on("error", resolve));
    const cc = found.cluster("alice");
    const job = cc.enqueue({ op: "echo", value: 1 });
    job.catch(() => {});
    expect((await told).message).toContain(`cc.ans.${QUEUE}.alice`);
    const admin = await found.admin();
    expect((await admin.streams.info(`CC_JOBS_${QUEUE}`)).state.messages).toBe(1);
  });

  it("to make what is ahead of its stream anew keeps no host from serving: whoever makes queues does it", async () => {
    const found = await without();
    const { broker } = found;
    const before = await found.host();
    const cc = found.cluster("alice");
    for (let value = 0; value < 5; value++) expect(await cc.enqueue({ op: "echo", value })).toBe(value);
    await cc.close();
    await before.exit();
    await broker.kill("SIGTERM");
    const stream = join(broker.folder, "store", "jetstream", "$G", "streams", `CC_JOBS_${QUEUE}`);
    rmSync(join(stream, "msgs"), { recursive: true });
    await broker.begin();
    await found.host();
    const job = found.cluster("alice").enqueue({ op: "echo", value: "after" });
    await createQueue({ ...found.access("admin"), lease: 2_000, owners: ["alice", "bob"] });
    expect(await job).toBe("after");
  });
});
