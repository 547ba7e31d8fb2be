import { Buffer } from "node:buffer";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ComputeCluster, ComputeCluster as Cluster } from "../../mod.ts";
import { createQueue, nats, serve } from "../../nats.ts";
import { versions } from "./broker.ts";
import { QUEUE, type Role, Roles } from "./roles.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);
const LARGE = 2_000_000;

describe.each(versions)("With NATS %s, each role has its rights:", (version) => {
  let roles: Roles;
  let alice: ComputeCluster;
  let bob: ComputeCluster;
  const connections: NatsConnection[] = [];

  beforeAll(async () => {
    roles = await Roles.start(version);
    await roles.host();
    alice = roles.cluster("alice");
    bob = roles.cluster("bob");
  });

  afterAll(async () => {
    for (const connection of connections) await connection.close();
    await roles?.end();
  });

  /** A program of a role's that does as it likes. */
  async function raw(role: Role): Promise<NatsConnection> {
    const { servers, user, pass } = roles.access(role);
    const connection = await connect({ servers, user, pass, inboxPrefix: `_INBOX_${role}` });
    connections.push(connection);
    return connection;
  }

  /** Whether a role may send something; by what the server says of it. */
  async function may(role: Role, what: "publish" | "subscribe", subject: string): Promise<boolean> {
    const connection = await raw(role);
    const said = (async () => {
      for await (const status of connection.status()) if (status.type === "error") return status.error;
      return null;
    })();
    if (what === "publish") connection.publish(subject);
    else connection.subscribe(subject, { callback: () => {} });
    await connection.flush();
    await connection.close();
    const error = await said;
    if (error === null) return true;
    expect(error.name).toBe("PermissionViolationError");
    return false;
  }

  describe("a submitter", () => {
    it("has jobs run, and is told of them", async () => {
      const heard: string[] = [];
      alice.on("job:started", ({ type }) => heard.push(type));
      const told: unknown[] = [];
      const onProgress = (value: unknown): number => told.push(value);
      expect(await alice.enqueue({ values: [1, 2] }, { task: "reports", onProgress, priority: 1 })).toBe("reported");
      expect(told).toEqual([1, 2]);
      expect(heard).toEqual(["job:started"]);
      await expect(alice.enqueue({ op: "throw", message: "no" })).rejects.toThrow("no");
      await alice.ready();
    });

    it("sends and gets values larger than a message, and nothing is left of them", async () => {
      const value = new Uint8Array(LARGE).fill(3);
      expect(Buffer.compare(await alice.enqueue({ op: "echo", value }) as Uint8Array, value)).toBe(0);
      const admin = await roles.admin();
      const left = async (): Promise<number> => (await admin.streams.info(`OBJ_CC_${QUEUE}_alice`)).state.messages;
      await expect.poll(left, { timeout: 20_000 }).toBe(0);
    });

    it("gives its jobs up, also one that runs", async () => {
      const controller = new AbortController();
      const running = alice.enqueue({ op: "spin", ms: 60_000 }, { signal: controller.signal });
      await new Promise((resolve) => alice.once("job:started", resolve));
      controller.abort();
      await expect(running).rejects.toBe(controller.signal.reason);
      // Both workers are free again.
      await Promise.all([alice.enqueue({ op: "echo", value: 1 }), alice.enqueue({ op: "echo", value: 2 })]);
    });

    it("enqueues a name again whose job was given up, or lost", async () => {
      const controller = new AbortController();
      const running = alice.enqueue({ op: "spin", ms: 60_000 }, { id: "again", signal: controller.signal });
      await new Promise((resolve) => alice.once("job:started", resolve));
      controller.abort();
      await expect(running).rejects.toBe(controller.signal.reason);
      expect(await alice.enqueue({ op: "echo", value: "second" }, { id: "again" })).toBe("second");
      await expect(alice.enqueue({ op: "exit", code: 7 }, { id: "lost" })).rejects.toMatchObject({
        code: "CC_ERR_WORKER_EXIT",
      });
      expect(await alice.enqueue({ op: "echo", value: "found" }, { id: "lost" })).toBe("found");
    });

    it("gets the stored answer of a name, in another program too", async () => {
      const value = new Uint8Array(LARGE).fill(5);
      const first = await alice.enqueue({ op: "echo", value }, { id: "stored" }) as Uint8Array;
      expect(Buffer.compare(first, value)).toBe(0);
      const other = roles.cluster("alice");
      const second = await other.enqueue({ op: "echo", value: 2 }, { id: "stored" }) as Uint8Array;
      expect(Buffer.compare(second, value)).toBe(0);
      expect(await bob.enqueue({ op: "echo", value: "bob's" }, { id: "stored" })).toBe("bob's");
    });

    it("is refused another's jobs", async () => {
      const cc = roles.cluster("alice", { owner: "bob" });
      const refusal = {
        code: "CC_ERR_ENGINE",
        retryable: true,
        message: expect.stringMatching(/ermissions? [Vv]iolation.*bob/),
      };
      await expect(cc.enqueue({ op: "echo", value: 1 })).rejects.toMatchObject(refusal);
      await expect(cc.enqueue({ op: "echo", value: 1 }, { id: "stored" })).rejects.toMatchObject(refusal);
    });

    it("is refused another queue", async () => {
      const cc = new Cluster({ engine: nats({ ...roles.access("alice"), owner: "alice", queue: "other" }) });
      await expect(cc.enqueue({ op: "echo", value: 1 })).rejects.toMatchObject({
        code: "CC_ERR_ENGINE",
        message: expect.stringContaining("cc.live.other.alice"),
      });
      await cc.exit();
    });

    it.each(
      [
        ["publish", `cc.job.${QUEUE}.normal.bob.id.nx`],
        ["publish", `cc.ans.${QUEUE}.bob.id.nstored`],
        ["publish", `cc.live.${QUEUE}.bob.id.nstored`],
        ["publish", `cc.live.${QUEUE}.alice.id.nstored`],
        ["publish", `cc.abort.${QUEUE}.bob`],
        ["publish", `cc.dead.${QUEUE}.alice.id.nx`],
        ["publish", `$JS.API.DIRECT.GET.CC_ANSWERS_${QUEUE}.cc.ans.${QUEUE}.bob.id.nstored`],
        ["publish", `$JS.API.DIRECT.GET.CC_ANSWERS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.MSG.GET.CC_ANSWERS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.MSG.GET.CC_JOBS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.MSG.DELETE.CC_ANSWERS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.PURGE.CC_ANSWERS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.PURGE.CC_JOBS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.DELETE.CC_ANSWERS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.INFO.CC_ANSWERS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.CREATE.mine`],
        ["publish", `$JS.API.CONSUMER.CREATE.CC_ANSWERS_${QUEUE}.mine`],
        ["publish", `$JS.API.CONSUMER.DURABLE.CREATE.CC_ANSWERS_${QUEUE}.mine`],
        ["publish", `$JS.API.CONSUMER.MSG.NEXT.CC_JOBS_${QUEUE}.CC_normal`],
        ["publish", `$JS.ACK.CC_JOBS_${QUEUE}.CC_normal.1.1.1.1.0`],
        ["publish", `$O.CC_${QUEUE}_bob.C.x`],
        ["publish", `$JS.API.STREAM.MSG.GET.OBJ_CC_${QUEUE}_bob`],
        ["publish", `$JS.API.STREAM.PURGE.OBJ_CC_${QUEUE}_bob`],
        ["publish", "_INBOX_bob.x"],
        ["subscribe", `cc.live.${QUEUE}.>`],
        ["subscribe", `cc.live.${QUEUE}.bob.>`],
        ["subscribe", `cc.job.${QUEUE}.>`],
        ["subscribe", `cc.ans.${QUEUE}.bob.>`],
        ["subscribe", `cc.abort.${QUEUE}.*`],
        ["subscribe", "_INBOX.>"],
        ["subscribe", "_INBOX_bob.>"],
        ["subscribe", ">"],
      ] as const,
    )("may not %s %s", async (what, subject) => {
      expect(await may("alice", what, subject)).toBe(false);
    });

    it("can't have the server answer for it, nor enqueue", async () => {
      const connection = await raw("alice");
      const told = (reply: string): void =>
        connection.publish(`$JS.API.DIRECT.GET.CC_ANSWERS_${QUEUE}.cc.ans.${QUEUE}.alice.id.nforged`, undefined, {
          reply,
        });
      expect(await alice.enqueue({ op: "echo", value: "forged" }, { id: "forged" })).toBe("forged");
      // Before it is enqueued: what is stored is no answer.
      told(`cc.ans.${QUEUE}.bob.id.nforged`);
      await connection.flush();
      expect(await bob.enqueue({ op: "echo", value: "true" }, { id: "forged" })).toBe("true");
      // While it runs: neither what is told, nor what is stored.
      const started = new Promise((resolve) => bob.once("job:started", resolve));
      const running = bob.enqueue({ op: "sleep", ms: 700 }, { id: "runs" });
      await started;
      told(`cc.live.${QUEUE}.bob.id.nruns`);
      told(`cc.ans.${QUEUE}.bob.id.nruns`);
      connection.publish(`cc.job.${QUEUE}.normal.alice.s.garbage`, "x", { reply: `cc.live.${QUEUE}.bob.id.nruns` });
      await connection.flush();
      expect(await running).not.toBe("forged");
      // A job, as if it were bob's.
      told(`cc.job.${QUEUE}.normal.bob.id.nnobodys`);
      await connection.flush();
      const forged = bob.enqueue({ op: "echo", value: "bob's" }, { id: "nobodys" });
      const { message, value } = await forged.then((value) => ({ value, message: "" }), (error) => error);
      expect(value ?? message).toMatch(/^bob's$|the job can't be read/);
    });

    it("gives nobody else's job up, whatever it says", async () => {
      const controller = new AbortController();
      const running = bob.enqueue(500, { id: "bobs", task: "patient", signal: controller.signal });
      await new Promise((resolve) => bob.once("job:started", resolve));
      const connection = await raw("alice");
      connection.publish(`cc.abort.${QUEUE}.alice`, "bob.id.nbobs x");
      connection.publish(`cc.abort.${QUEUE}.alice`, "bob.id.xcGF0aWVudABib2Jz x");
      await connection.flush();
      expect(await running).toBe("done");
    });
  });

  describe("a host", () => {
    it.each(
      [
        ["publish", `cc.job.${QUEUE}.normal.alice.id.nx`],
        ["publish", `cc.hint.${QUEUE}.high`],
        ["publish", `cc.abort.${QUEUE}.alice`],
        ["publish", `$JS.API.STREAM.CREATE.mine`],
        ["publish", `$JS.API.STREAM.UPDATE.CC_JOBS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.DELETE.CC_JOBS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.PURGE.CC_JOBS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.MSG.GET.CC_JOBS_${QUEUE}`],
        ["publish", `$JS.API.STREAM.PURGE.CC_ANSWERS_${QUEUE}`],
        ["publish", `$JS.API.CONSUMER.MSG.NEXT.CC_JOBS_other.CC_normal`],
        ["subscribe", `cc.live.${QUEUE}.>`],
        ["subscribe", `cc.job.${QUEUE}.>`],
        ["subscribe", "_INBOX_alice.>"],
      ] as const,
    )("may not %s %s", async (what, subject) => {
      expect(await may("host", what, subject)).toBe(false);
    });

    it("does not change the queue", async () => {
      await expect(serve({ ...roles.access("host"), lease: 9_000, cluster: { module } })).rejects.toMatchObject({
        code: "CC_ERR_ENGINE",
        message: expect.stringContaining("CONSUMER"),
      });
    });
  });

  describe("who has no rights", () => {
    it("is no host", async () => {
      await expect(serve({ ...roles.access("alice"), cluster: { module } })).rejects.toMatchObject({
        code: "CC_ERR_ENGINE",
        message: expect.stringMatching(/has to look at queue "images": .*"_INBOX\./i),
      });
    });

    it("makes no queue", async () => {
      await expect(createQueue({ ...roles.access("alice"), queue: "mine" })).rejects.toMatchObject({
        code: "CC_ERR_ENGINE",
        message: expect.stringContaining('queue "mine" can\'t be made'),
      });
    });

    it("adds no job", async () => {
      await expect(roles.cluster("host", { owner: "alice" }).enqueue(1)).rejects.toMatchObject({
        code: "CC_ERR_ENGINE",
      });
      await expect(roles.cluster("host").enqueue(1)).rejects.toMatchObject({ code: "CC_ERR_ENGINE" });
    });
  });
});
