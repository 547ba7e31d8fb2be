/** F-34: a program under a debugger keeps the debugger to itself. */

import assert from "node:assert/strict";
import { get } from "node:http";
import { createServer, type Socket } from "node:net";
import type { Case, Contract } from "../conformance/case.ts";
import type { Kit, RunningProgram } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** Starts the program under a debugger. */
function debugged(kit: Kit, worker: Contract, flags: readonly string[], env: Record<string, string>): RunningProgram {
  return kit.start(kit.command("debugged.ts", [worker], flags), env);
}

/** All jobs were answered, and no worker asked for the debugger's port, or for a debugger. */
async function answered(program: RunningProgram): Promise<{ execArgv: string[]; NODE_OPTIONS?: string }> {
  const { code, stdout, stderr } = await program.ended;
  const lines = stdout.split("\n");
  assert.equal(lines[0], "answered 1,2,3,4,1,2,3,4", stderr);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /in use/i);
  assert.ok((stderr.match(/Debugger listening|Listening:/g) ?? []).length <= 1, stderr);
  return JSON.parse(lines[1]!.replace(/^worker /, ""));
}

/** A port that nobody listens on. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Waits for the address of a program's debugger. */
function debuggerOf({ child }: RunningProgram): Promise<URL> {
  return new Promise((resolve) => {
    let text = "";
    child.stderr?.on("data", (chunk) => {
      text += chunk;
      const found = /(ws:\S+)\s/.exec(text);
      if (found) resolve(new URL(found[1]!));
    });
  });
}

/**
 * Has a program that waits for a debugger go on: a WebSocket with one message, for a Node that has no `WebSocket`. It says so
 * until the socket is closed: Node listens before it waits, and does not hear what comes earlier.
 */
function resume(address: URL): Promise<Socket> {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  return new Promise((resolve, reject) => {
    const request = get({ host: address.hostname, port: address.port, path: address.pathname, headers });
    request.on("error", reject).on("upgrade", (_, socket: Socket) => {
      // With a mask of zeros the text stays as it is.
      const text = JSON.stringify({ id: 1, method: "Runtime.runIfWaitingForDebugger" });
      const message = Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
      socket.write(message);
      const again = setInterval(() => socket.write(message), 200);
      socket.on("error", () => {}).on("close", () => clearInterval(again)).resume();
      resolve(socket);
    });
  });
}

/** How a program is put under a debugger: by flags or by its environment. */
const WAYS: Readonly<Record<string, (kit: Kit, port: number) => [flags: string[], env: Record<string, string>]>> = {
  "a flag, any port": () => [["--inspect=0"], {}],
  "a flag, one port": (_, port) => [[`--inspect=127.0.0.1:${port}`], {}],
  "the environment, any port": () => [[], { NODE_OPTIONS: "--inspect=0" }],
  "the environment, one port": (kit, port) => {
    const address = `127.0.0.1:${port}`;
    return [
      [],
      kit.runtime === "bun" ? { BUN_INSPECT: `ws://${address}/x` } : { NODE_OPTIONS: `--inspect=${address}` },
    ];
  },
};

const cases: Case[] = [
  ...Object.entries(WAYS).flatMap(([name, way]) =>
    (["handler.mjs", "contract.cjs"] as const).map((worker): Case => ({
      name: `F-34 A program under a debugger gets its answers (${name}, ${worker})`,
      async run(kit) {
        const [flags, env] = way(kit, await freePort());
        const { execArgv, NODE_OPTIONS } = await answered(debugged(kit, worker, flags, env));
        // A thread shows what is the program's, and opens nothing by it.
        if (kit.isolation === "thread") kit.notHere("about processes");
        assert.doesNotMatch(`${execArgv} ${NODE_OPTIONS}`, /inspect/);
      },
    }))
  ),
  {
    name: "F-34 A program that waited for its debugger gets its answers",
    needs: "unpaused",
    async run(kit) {
      // Bun's debugger speaks another language, and Deno's stops at the first line of what it runs.
      if (kit.runtime !== "node") kit.notHere("about Node");
      for (const by of ["flag", "environment"]) {
        const program = by === "flag"
          ? debugged(kit, "contract.mjs", ["--inspect-brk=0"], {})
          : debugged(kit, "contract.mjs", [], { NODE_OPTIONS: "--inspect-brk=0" });
        const socket = await resume(await debuggerOf(program));
        // The program does not end before its debugger has left.
        await program.line("worker");
        socket.destroy();
        await answered(program);
      }
    },
  },
  {
    name: "F-34 All other flags, and all other options of the environment, are the workers' too",
    async run(kit) {
      if (kit.runtime !== "node") kit.notHere("about Node");
      const flags = ["--max-old-space-size=300", "--conditions=mine", "--import", "data:text/javascript,0"];
      const program = debugged(kit, "handler.mjs", ["--inspect=0", ...flags], {
        NODE_OPTIONS: '--inspect-port=0 --stack-trace-limit=33 --title="my own"',
      });
      const { execArgv, NODE_OPTIONS } = await answered(program);
      for (const flag of flags) assert.ok(execArgv.includes(flag), `${flag} is not in ${execArgv}`);
      const given = kit.isolation === "thread" ? "--inspect-port=0 " : "";
      assert.equal(NODE_OPTIONS, `${given}--stack-trace-limit=33 --title="my own"`);
    },
  },
  {
    name: "F-34 A worker may be given a debugger of its own",
    needs: "execArgv",
    async run(kit) {
      if (kit.runtime !== "node" || kit.isolation === "thread") kit.notHere("about processes, about Node");
      const cc = kit.cluster("handler.mjs", { execArgv: ["--inspect=0"], maxWorkers: 1, stdio: "ignore" });
      const { execArgv } = await kit.value(cc, { op: "look" }) as { execArgv: string[] };
      assert.deepEqual(execArgv, ["--inspect=0"]);
    },
  },
];

registerSuites({ "under a debugger": cases });
