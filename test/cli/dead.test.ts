import { afterAll, beforeAll, describe, expect } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { nats } from "../../nats.ts";
import { Broker, versions } from "../nats/broker.ts";
import { type Commands, type Ended, HOSTS, it } from "./commands.ts";
import { serve } from "./queues.ts";

const LARGE = 2_000_000;
/** What its caller has said of each job that is set aside. */
const LIMITS = {
  timeout: 60_000,
  trace: { traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`, tracestate: "a=b" },
};

describe.each(versions)("dead, with NATS %s", { timeout: 120_000 }, (version) => {
  let broker: Broker;
  const clusters: ComputeCluster[] = [];

  beforeAll(async () => {
    broker = await Broker.start({ version });
  });

  afterAll(async () => {
    await Promise.allSettled(clusters.map((cc) => cc.exit()));
    await broker?.end();
  });

  /** Has jobs set aside: their one host is killed while it has them. Returns how they were answered. */
  async function setAside(commands: Commands, queue: string, jobs: Record<string, unknown>): Promise<unknown[]> {
    const cc = new ComputeCluster({ engine: nats({ servers: broker.url, queue, lease: 4_000 }) });
    clusters.push(cc);
    const names = Object.keys(jobs);
    const flags = ["--concurrency", String(names.length), "--max-deliveries", "1"];
    const host = await serve(commands, broker, "node", queue, ...flags);
    let begun = 0;
    const all = new Promise<void>((resolve) => cc.on("job:started", () => ++begun === names.length && resolve()));
    const answers = names.map((id) => cc.enqueue(jobs[id], { id, task: "once", ...LIMITS }).catch((error) => error));
    await all;
    host.running.signalAll("SIGKILL");
    await host.running.ended;
    commands.write("once", "");
    await serve(commands, broker, "node", queue, ...flags);
    return await Promise.all(answers);
  }

  it("lists, shows, puts back and drops jobs that were set aside", async ({ commands }) => {
    const queue = "aside";
    const dead = (action: string, ...args: string[]): Promise<Ended> =>
      commands.run("node", ["dead", action, "--engine", broker.url, "--queue", queue, ...args]);
    const value = { a: [1, "two"] };
    const errors = await setAside(commands, queue, {
      plain: value,
      "with a map": new Map([["k", 1n]]),
      large: "x".repeat(LARGE),
      unwanted: 4,
    });
    for (const error of errors) expect(error).toMatchObject({ code: "CC_ERR_POISON" });

    const list = await dead("list");
    expect(list.stdout.split("\n")[0]).toMatch(/^id +task +deliveries +age +size$/);
    expect(list.stdout).toMatch(/^plain +once +1 +[\d.]+ m?s +15 B$/m);
    const listed = (await dead("list", "--json")).stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    expect(listed.map(({ id }) => id).sort()).toEqual(["large", "plain", "unwanted", "with a map"]);

    const shown = await dead("show", "plain");
    expect(JSON.parse(shown.stdout)).toMatchObject({
      id: "plain",
      task: "once",
      deliveries: 1,
      args: value,
      version: null,
      ...LIMITS,
    });
    expect(JSON.parse((await dead("show", "with a map")).stdout).argsShown).toBe("Map(1) { 'k' => 1n }");
    expect(JSON.parse((await dead("show", "large")).stdout).args).toHaveLength(LARGE);

    expect(await dead("show", "nope")).toEqual({
      code: 2,
      stdout: "",
      stderr: 'error: no job "nope" of aside was set aside\n',
    });
    expect((await dead("drop")).stderr).toBe("error: give the ids of jobs, or --all\n");
    expect((await dead("requeue", "plain", "--all")).code).toBe(2);
    expect(await dead("drop", "unwanted")).toMatchObject({ code: 0, stderr: "1 of 1 dropped\n" });
    const address = listed.find(({ id }) => id === "plain").address;
    expect(await dead("requeue", address)).toMatchObject({ code: 0, stderr: "1 of 1 put back\n" });
    expect(await dead("requeue", "--all")).toMatchObject({ code: 0, stderr: "2 of 2 put back\n" });
    expect(await dead("list")).toEqual({ code: 0, stdout: "no jobs of aside were set aside\n", stderr: "" });

    // Whoever asks for them again gets what they were answered the second time.
    const cc = clusters.at(-1) as ComputeCluster;
    expect(await cc.enqueue(null, { id: "plain", task: "once" })).toEqual(value);
    expect(await cc.enqueue(null, { id: "large", task: "once" })).toHaveLength(LARGE);
    expect(await cc.enqueue(null, { id: "with a map", task: "once" })).toEqual(new Map([["k", 1n]]));
  });

  it("leaves a job that was answered meanwhile, and says so", async ({ commands }) => {
    const queue = "answered";
    await setAside(commands, queue, { one: 1 });
    const cc = clusters.at(-1) as ComputeCluster;
    // Its caller has enqueued it again.
    expect(await cc.enqueue(1, { id: "one", task: "once" })).toBe(1);
    const { code, stderr } = await commands.run("node", [
      ...["dead", "requeue", "--engine", broker.url, "--queue", queue, "--all"],
    ]);
    expect(stderr).toBe("one: has an answer by now, and is left here\n0 of 1 put back\n");
    expect(code).toBe(1);
  });
});

describe("dead", { timeout: 60_000 }, () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await Broker.start();
  });
  afterAll(() => broker?.end());

  it.for(HOSTS)("says on %s which queue is not there, and makes none", async (host, { commands }) => {
    const args = ["dead", "list", "--engine", broker.url, "--queue", "nobody"];
    for (let times = 0; times < 2; times++) {
      expect(await commands.run(host, args)).toEqual({
        code: 2,
        stdout: "",
        stderr: 'error: there is no queue "nobody"\n',
      });
    }
  });

  it("takes one queue, and does not leave out others silently", async ({ commands }) => {
    const args = ["dead", "list", "--engine", broker.url, "--queue", "a", "--queue", "b"];
    const { code, stderr } = await commands.run("node", args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("It is one queue at a time.") });
  });
});
