import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { nats, type QueueOptions, serve } from "../../nats.ts";
import { Broker, versions } from "./broker.ts";
import { Authority, Operator } from "./certificates.ts";
import { builtProgram } from "../conformance/programs.ts";
import { ended } from "../package/command.ts";
import { bun, deno, root } from "../../scripts/bin.mjs";

const module = new URL("../workers/handler.mjs", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "compute-cluster-entrance-"));
const authority = new Authority(folder);
const server = authority.certify("server");
const client = authority.certify("client");
const operator = new Operator();
const credentials = join(folder, "user.creds");
writeFileSync(credentials, operator.credentials());

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Access = Partial<QueueOptions>;

type Refusal = readonly [what: string, Access, says: RegExp];

/** How a server lets programs in, what they need, and what it refuses, with what is said then. */
interface Entrance {
  readonly config: string;
  readonly access: Access;
  readonly refused: readonly Refusal[];
}

const tls = `cert_file: "${server.certFile}", key_file: "${server.keyFile}", ca_file: "${authority.caFile}"`;
const REFUSED = /queue "q" at nats:.* can't be used: .*authorization/i;

const ENTRANCES: Record<string, Entrance> = {
  "a token": {
    config: 'authorization { token: "secret" }',
    access: { token: "secret" },
    refused: [["no token", {}, REFUSED], ["another token", { token: "other" }, REFUSED]],
  },
  "a password": {
    config: "authorization { user: me, password: secret }",
    access: { user: "me", pass: "secret" },
    refused: [["no user", {}, REFUSED], ["another password", { user: "me", pass: "other" }, REFUSED]],
  },
  "a credentials file": {
    config: operator.config,
    access: { credentials },
    refused: [
      ["no file", {}, REFUSED],
      [
        "a file that is not there",
        { credentials: join(folder, "none") },
        /the credentials file .*none can't be read: .*ENOENT/,
      ],
      ["a file that is none", { credentials: authority.caFile }, /credentials/],
      ["another operator's", { credentials: other(new Operator().credentials()) }, REFUSED],
    ],
  },
  "TLS": {
    config: `tls { ${tls} }`,
    access: { tls: { caFile: authority.caFile } },
    refused: [
      ["no authority", { tls: {} }, /certificate/i],
      ...["caFile", "certFile", "keyFile"].map((name): Refusal => [
        `no ${name}`,
        { tls: { caFile: authority.caFile, ...client, [name]: join(folder, "none") } },
        /the TLS file .*none can't be read: .*ENOENT/,
      ]),
    ],
  },
  "TLS on both sides": {
    config: `tls { ${tls}, verify: true }`,
    access: { tls: { caFile: authority.caFile, ...client } },
    refused: [
      ["no certificate of its own", { tls: { caFile: authority.caFile } }, /can't be used: .*\btls\.certFile$/],
      [
        "another's key",
        { tls: { caFile: authority.caFile, ...client, keyFile: server.keyFile } },
        /key.values.mismatch/i,
      ],
    ],
  },
};

function other(text: string): string {
  const path = join(folder, "other.creds");
  writeFileSync(path, text);
  return path;
}

describe.each(versions)("NATS %s lets in who has", (version) => {
  describe.each(Object.entries(ENTRANCES))("%s", (_, { config, access, refused }) => {
    const ends: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    it("and nobody else", async () => {
      const broker = await Broker.start({ version, config });
      ends.push(() => broker.end());
      const queue = { servers: `nats://localhost:${broker.port}`, queue: "q" };
      for (const [what, given, says] of refused) {
        const refusal = { code: "CC_ERR_ENGINE", message: expect.stringMatching(says) };
        const wrong = { ...queue, connectTimeout: 5_000, ...given };
        const cc = new ComputeCluster({ engine: nats(wrong) });
        await Promise.all([
          expect(cc.enqueue({ op: "echo", value: 1 }), what).rejects.toMatchObject({ ...refusal, retryable: true }),
          expect(serve({ ...wrong, cluster: { module } }), what).rejects.toMatchObject(refusal),
        ]);
        await cc.exit();
      }
      const host = await serve({ ...queue, ...access, cluster: { module, maxWorkers: 1 } });
      ends.push(() => host.exit());
      const cc = new ComputeCluster({ engine: nats({ ...queue, ...access }) });
      ends.push(() => cc.exit());
      expect(await cc.enqueue({ op: "echo", value: 1 })).toBe(1);
    });
  });
});

it("A queue that is named twice is refused", async () => {
  const message = expect.stringMatching(/^queue must be each name once, got/);
  const twice = serve({ servers: "host", queue: ["a", "b", "a"], cluster: { module } });
  await expect(twice).rejects.toMatchObject({ code: "CC_ERR_OPTION", message });
});

describe("A URL of a server", () => {
  it("that begins with tls: is not connected to without TLS", async () => {
    const broker = await Broker.start();
    try {
      const queue = { servers: `TLS://localhost:${broker.port}`, queue: "q", connectTimeout: 5_000, token: "secret" };
      const cc = new ComputeCluster({ engine: nats(queue) });
      const message = expect.stringContaining("does not support 'tls'");
      const refused = { code: "CC_ERR_ENGINE", lasting: true, message };
      await Promise.all([
        expect(cc.enqueue(1)).rejects.toMatchObject(refused),
        expect(serve({ ...queue, cluster: { module } })).rejects.toMatchObject(refused),
      ]);
      await cc.exit();
    } finally {
      await broker.end();
    }
  });

  it("that begins with tls: is let in by a server that the program trusts", async () => {
    const broker = await Broker.start({ config: `tls { ${tls} }` });
    const queue = { servers: `tls://localhost:${broker.port}`, queue: "q" };
    const cc = new ComputeCluster({ engine: nats({ ...queue, connectTimeout: 5_000 }) });
    try {
      // It is asked for TLS with the system's authorities, of which the server's is none.
      await expect(cc.enqueue(1)).rejects.toThrow(/certificate/i);
      const host = await serve({ ...queue, tls: { caFile: authority.caFile }, cluster: { module, maxWorkers: 1 } });
      await host.exit();
    } finally {
      await cc.exit();
      await broker.end();
    }
  });

  it("with a password in it is refused, and not told; so is what is no URL of a server", () => {
    for (
      const servers of [
        "nats://me:secret@host:4222",
        ["host", "nats://secret@host"],
        "me:secret@host:4222",
        "nats://secret@host:99999",
      ]
    ) {
      const refusal = { code: "CC_ERR_OPTION", message: expect.not.stringContaining("secret") };
      expect(() => nats({ servers, queue: "q" })).toThrow(expect.objectContaining(refusal));
    }
    for (
      const servers of [
        "http://host",
        "ws://host",
        "nats://",
        "nats://host/path",
        "nats://host/?tls=true",
        "host?tls",
        "host#tls",
        "nats://host:99999",
      ]
    ) {
      const message =
        `servers must be the URL of a NATS server, such as nats://host:4222 or tls://host:4222, got "${servers}"`;
      expect(() => nats({ servers, queue: "q" })).toThrow(expect.objectContaining({ code: "CC_ERR_OPTION", message }));
    }
    for (const servers of ["host", "host:4222", "nats://host", "nats://[::1]:4222/", ["tls://a", "b:1"]]) {
      expect(nats({ servers, queue: "q" })).toBeTypeOf("object");
    }
  });
});

describe("On every runtime", () => {
  const source = fileURLToPath(new URL("../programs/lets-in.ts", import.meta.url));
  const commands = {
    node: [process.execPath, builtProgram("lets-in.ts")],
    bun: [bun, source],
    deno: [deno, "run", "-A", "--no-prompt", source],
  };
  let broker: Broker;

  beforeAll(async () => {
    broker = await Broker.start({ config: `tls { ${tls}, verify: true }\n${operator.config}` });
  });
  afterAll(() => broker?.end());

  it.each(Object.entries(commands))("%s gets in with certificates and credentials", async (_, command) => {
    const access = {
      servers: `nats://localhost:${broker.port}`,
      queue: "q",
      credentials,
      tls: { caFile: authority.caFile, ...client },
    };
    const { code, stdout, stderr } = await ended([...command, JSON.stringify(access)], { cwd: root, timeout: 25_000 });
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: "let in\n" });
  });
});
