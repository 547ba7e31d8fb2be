import { once } from "node:events";
import { cpSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { nats } from "../../nats.ts";
import { root } from "../../scripts/bin.mjs";
import { Broker } from "../nats/broker.ts";
import { ended } from "../package/command.ts";
import { HOSTS, it } from "./commands.ts";
import { page, serve, untilSaid, untilStatus, WORKER } from "./queues.ts";

let broker: Broker;
const clusters: ComputeCluster[] = [];

beforeAll(async () => {
  broker = await Broker.start();
});

afterAll(async () => {
  await Promise.allSettled(clusters.map((cc) => cc.exit()));
  await broker?.end();
});

function cluster(queue: string): ComputeCluster {
  const cc = new ComputeCluster({ engine: nats({ servers: broker.url, queue }) });
  clusters.push(cc);
  return cc;
}

describe.concurrent.each(HOSTS)("serve on %s", { timeout: 60_000 }, (host) => {
  it("runs jobs of several queues, says that it is ready, and ends with 0 when what it has is finished", async ({ commands }) => {
    const [one, other] = [`one-${host}`, `other-${host}`];
    const { running, greeting } = await serve(
      commands,
      broker,
      host,
      one,
      ...["--queue", other, "--host", `h-${host}`, "--health", "127.0.0.1:0", "--setup-data", '{"a":1}'],
    );
    const health = /; health at (\S+)$/.exec(greeting)?.[1] as string;
    expect(greeting).toBe(
      `host h-${host} serves ${one}, ${other} at ${broker.url} with 1 slot; health at ${health}`,
    );
    expect(await page(`${health}/live`)).toEqual([200, "live\n"]);
    expect(await page(`${health}/ready`)).toEqual([200, "ready\n"]);
    expect((await page(`${health}/`))[0]).toBe(404);
    const [cc, another] = [cluster(one), cluster(other)];
    expect(await another.enqueue(null, { task: "told" })).toEqual({ a: 1 });
    const started = once(cc, "job:started");
    const job = cc.enqueue("first", { task: "once" });
    await started;
    const waits = cc.enqueue(1);
    running.child.kill("SIGTERM");
    expect(await untilStatus(`${health}/ready`, 503)).toBe("draining\n");
    expect((await page(`${health}/live`))[0]).toBe(200);
    commands.write("once", "");
    expect(await job).toBe("first");
    expect(await running.ended).toMatchObject({
      code: 0,
      stderr: "draining: 1 job to finish; again to stop at once\n",
    });
    // What it had not begun is for another host.
    await serve(commands, broker, host, one);
    expect(await waits).toBe(1);
  });

  it("gives what is not finished in time to other hosts, and at once what it has at a second signal", async ({ commands }) => {
    const queue = `left-${host}`;
    const cc = cluster(queue);
    const hurried = await serve(commands, broker, host, queue, "--drain-timeout", "1ms");
    let started = once(cc, "job:started");
    const job = cc.enqueue("long", { task: "once" });
    await started;
    hurried.running.child.kill("SIGINT");
    expect(await hurried.running.ended).toMatchObject({
      code: 0,
      stderr: "draining: 1 job to finish; again to stop at once\n1 job goes to other hosts\n",
    });
    started = once(cc, "job:started");
    const stopped = await serve(commands, broker, host, queue);
    await started;
    stopped.running.child.kill("SIGTERM");
    await untilSaid(stopped.running, "draining: 1 job");
    stopped.running.child.kill("SIGTERM");
    expect((await stopped.running.ended).code).toBe(143);
    commands.write("once", "");
    await serve(commands, broker, host, queue);
    expect(await job).toBe("long");
  });

  it("gives to other hosts what its workers were at when they are told to end, too", async ({ commands }) => {
    const queue = `all-${host}`;
    const cc = cluster(queue);
    const first = await serve(commands, broker, host, queue);
    const started = once(cc, "job:started");
    const job = cc.enqueue("given", { task: "once" });
    await started;
    first.running.signalAll("SIGTERM");
    expect((await first.running.ended).code).toBe(0);
    commands.write("once", "");
    await serve(commands, broker, host, queue);
    expect(await job).toBe("given");
  });

  it("refuses what can't work with a sentence, and takes no job", async ({ commands }) => {
    commands.write("host.mjs", WORKER);
    commands.write("broken.mjs", 'throw new Error("out of order");');
    const queue = `refused-${host}`;
    const args = (...more: string[]): string[] => ["serve", "--engine", broker.url, "--queue", queue, ...more];
    const module = ["--module", "host.mjs"];
    const wrong: [string[], RegExp, number?][] = [
      [args("--module", "broken.mjs"), /^error: the worker module can't be used: Error: out of order$/m],
      [args("--module", "missing.mjs"), /^error: module must be a file that exists, got /],
      [args(), /^error: required option '--module <path>' not specified/],
      [args(...module, "--queue", "a b"), /^error: queue must be 1 to 64 letters, digits, - and _, got "a b"\n$/],
      [args(...module, "--lease", "5ms"), /^error: lease must be a number of milliseconds, 1000 to 1e12/],
      [args(...module, "--max-backlog", "-1"), /It must be a whole number of at least 1/],
      [args(...module, "--health", "nowhere"), /It must be a port, such as 8080/],
      [args(...module, "--health", `127.0.0.1:${broker.port}`), /^error: can't listen for --health: .*in use/i],
      [args(...module, "--creds", "missing.creds"), /^error: the credentials file missing\.creds can't be read/],
      [args(...module, "--tls-ca", "missing.pem"), /^error: the TLS file missing\.pem can't be read/],
      [
        ["serve", "--engine", "http://a:1", "--queue", "q", ...module],
        /'http:\/\/a:1' is invalid\. It must be the URL of a NATS server/,
      ],
      [["serve", "--engine", "nats://u:secret@a:1", "--queue", "q", ...module], /Give no password there/],
      [["serve", "--engine", "nats://", "--queue", "q", ...module], /It must be the URL of a NATS server/],
    ];
    const some = wrong.filter((_, i) => i % HOSTS.length === HOSTS.indexOf(host));
    for (const [given, message] of some) {
      const { code, stdout, stderr } = await commands.run(host, given);
      expect(stderr, given.join(" ")).toMatch(message);
      expect(stderr).not.toMatch(/cli\.js|src\/cli|Warning/);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    }
  });
});

describe("serve", { timeout: 60_000 }, () => {
  it("refuses a queue that is for another version of the module", async ({ commands }) => {
    await serve(commands, broker, "node", "versions", "--module-version", "2");
    const args = ["serve", "--engine", broker.url, "--queue", "versions", "--module", "host.mjs"];
    const { code, stderr } = await commands.run("node", [...args, "--module-version", "3"]);
    expect(stderr).toMatch(/^error: queue "versions" is for version "2" of the worker module, this is "3": /);
    expect(code).toBe(2);
  });

  it("tells a broker that is away, one that is none, and one that is too old, by exit codes", async ({ commands }) => {
    commands.write("host.mjs", WORKER);
    const old = createServer((socket) => {
      socket.on("error", () => {});
      socket.write('INFO {"server_id":"x","version":"2.8.4","max_payload":1048576,"headers":true,"proto":1}\r\n');
      socket.on("data", (data) => data.includes("PING") && socket.write("PONG\r\n"));
    });
    await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
    const { port } = old.address() as { port: number };
    try {
      const tooOld = await commands.run("node", [
        ...["serve", "--engine", `nats://127.0.0.1:${port}`, "--queue", "q", "--module", "host.mjs"],
      ]);
      expect(tooOld).toMatchObject({
        code: 2,
        stderr: "error: the server is version 2.8.4, and 2.9 is the oldest that will do\n",
      });
    } finally {
      await new Promise((resolve) => old.close(resolve));
    }
    const away = await commands.run("node", [
      ...["serve", "--engine", `nats://127.0.0.1:${port}`, "--queue", "q", "--module", "host.mjs"],
    ]);
    expect(away).toMatchObject({ code: 1 });
    expect(away.stderr).toMatch(/^error: queue "q" at nats:\/\/127\.0\.0\.1:\d+ can't be used: .*refused/);
  });

  it("says how to install the clients of NATS where they are not", async ({ commands }) => {
    commands.write("host.mjs", WORKER);
    cpSync(join(root, "dist"), join(commands.folder, "dist"), { recursive: true });
    commands.write("package.json", '{ "type": "module" }');
    const args = ["dist/cli.js", "serve", "--engine", broker.url, "--queue", "q", "--module", "host.mjs"];
    const { code, stderr } = await ended([process.execPath, ...args], { cwd: commands.folder, timeout: 30_000 });
    expect(stderr).toMatch(
      /^error: the clients of NATS can't be loaded; install them: npm install @nats-io\/transport-node /,
    );
    expect(code).toBe(2);
  });

  it("says which right a host lacks that has not all", async ({ commands }) => {
    const guarded = await Broker.start({
      config: `authorization { users: [{
        user: host, password: secret
        permissions: { publish: { deny: "$JS.API.CONSUMER.MSG.NEXT.>" } }
      }] }`,
    });
    try {
      commands.write("host.mjs", WORKER);
      const args = ["serve", "--engine", guarded.url, "--queue", "q", "--module", "host.mjs"];
      const { code, stderr } = await commands.run("node", [...args, "--user", "host", "--pass", "secret"]);
      expect(stderr).toMatch(
        /^error: a right to queue "q" is missing: Permissions Violation for Publish to "\$JS\.API\.CONSUMER\.MSG\.NEXT\./,
      );
      expect(code).toBe(2);
    } finally {
      await guarded.end();
    }
  });

  it("takes a user from the environment, and tells one that is refused, or may not do what it must", async ({ commands }) => {
    const guarded = await Broker.start({
      config: `authorization { users: [
        { user: host, password: secret }
        { user: guest, password: guest, permissions: { publish: "nothing", subscribe: "_INBOX.>" } }
      ] }`,
    });
    try {
      commands.write("host.mjs", WORKER);
      const args = ["serve", "--engine", guarded.url, "--queue", "q", "--module", "host.mjs"];
      const refused = await commands.run("node", [...args, "--user", "host", "--pass", "wrong"]);
      expect(refused.stderr).toMatch(/^error: queue "q" at \S+ can't be used: .*authorization/i);
      expect(refused.code).toBe(2);
      const guest = await commands.run("node", [...args, "--user", "guest", "--pass", "guest"]);
      expect(guest.stderr).toMatch(/^error: .*permissions violation/i);
      expect(guest.code).toBe(2);
      process.env["NATS_USER"] = "host";
      process.env["NATS_PASSWORD"] = "secret";
      await serve(commands, guarded, "node", "q");
    } finally {
      delete process.env["NATS_USER"];
      delete process.env["NATS_PASSWORD"];
      await guarded.end();
    }
  });

  it("says that the broker is away, and goes on when it is back", async ({ commands }) => {
    const own = await Broker.start();
    const cc = new ComputeCluster({ engine: nats({ servers: own.url, queue: "q" }) });
    try {
      const { running, greeting } = await serve(commands, own, "node", "q", "--health", "127.0.0.1:0");
      const health = /; health at (\S+)$/.exec(greeting)?.[1] as string;
      await own.kill();
      expect(await untilStatus(`${health}/ready`, 503)).toBe("no connection to the broker\n");
      await untilSaid(running, "no connection to the broker\n");
      await own.begin();
      await untilStatus(`${health}/ready`, 200);
      expect(await cc.enqueue(1)).toBe(1);
    } finally {
      await cc.exit();
      await own.end();
    }
  });

  it("is not ready while its workers can't be started, and is again when they can", async ({ commands }) => {
    // So often that the job is still there when it is looked at.
    const flags = ["--health", "127.0.0.1:0", "--max-deliveries", "20"];
    const { greeting } = await serve(commands, broker, "node", "fickle", ...flags);
    const health = /; health at (\S+)$/.exec(greeting)?.[1] as string;
    const file = join(commands.folder, "host.mjs");
    const cc = cluster("fickle");
    writeFileSync(file, `throw new Error("out of order");`);
    // Its worker has the module as it was: it is ended first.
    const fails = cc.enqueue(1, { task: "leave" }).catch((error: { code: string }) => error.code);
    await fails;
    const job = cc.enqueue(1);
    expect(await untilStatus(`${health}/ready`, 503)).toBe("workers can't be started\n");
    writeFileSync(file, WORKER);
    await untilStatus(`${health}/ready`, 200);
    expect(await job).toBe(1);
  });
});
