import process from "node:process";
import { describe, expect } from "vitest";
import { until } from "../conformance/kit.ts";
import { type Host, HOSTS, it, type Programs, type Running } from "./programs.ts";

/** What the server says. */
interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What is looked at of the cluster's figures. */
interface Figures {
  readonly jobs: { readonly running: number; readonly failed: number; readonly succeeded: number };
}

class Server {
  readonly program: Running;
  readonly #url: string;

  private constructor(program: Running, url: string) {
    this.program = program;
    this.#url = url;
  }

  static async start(programs: Programs, host: Host, ...args: string[]): Promise<Server> {
    const rights = ["--allow-net=127.0.0.1", "--allow-read=examples/server", "--allow-env=PORT"];
    const program = programs.start({ host, rights, file: "server/main.ts", args: ["--port", "0", ...args] });
    const [, url] = await program.output(/^listening on (\S+)$/m);
    return new Server(program, url as string);
  }

  async get(path: string): Promise<Answer> {
    return answer(await fetch(this.#url + path));
  }

  async post(path: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return answer(await fetch(this.#url + path, { method: "POST", body: text, ...(signal ? { signal } : {}) }));
  }

  /** Waits until the cluster's figures are so, and gives them. */
  async figures(wanted: (jobs: Figures["jobs"]) => boolean): Promise<Figures["jobs"]> {
    for (;;) {
      const { jobs } = (await this.get("/stats")).body as unknown as Figures;
      if (wanted(jobs)) return jobs;
    }
  }
}

async function answer(response: Response): Promise<Answer> {
  const body = await response.json() as Record<string, unknown>;
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body };
}

describe.each(HOSTS)("examples/server on %s", (host) => {
  it("hashes, verifies, and refuses what it does not understand", async ({ programs }) => {
    const server = await Server.start(programs, host, "--cost", "8");
    const { status, body: { hash } } = await server.post("/hash", { password: "correct horse" });
    expect(status).toBe(200);
    expect(hash).toMatch(/^\$scrypt\$ln=8,r=8,p=5\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect((await server.post("/hash", { password: "correct horse" })).body["hash"]).not.toBe(hash);

    expect(await server.post("/verify", { password: "correct horse", hash })).toMatchObject({
      status: 200,
      body: { match: true },
    });
    expect(await server.post("/verify", { password: "battery staple", hash })).toMatchObject({
      status: 200,
      body: { match: false },
    });

    const costly = String(hash).replace("ln=8", "ln=20");
    expect((await server.post("/verify", { password: "a", hash: costly })).status).toBe(400);
    expect((await server.post("/hash", "{")).body).toEqual({ error: "the body must be JSON" });
    for (const body of ["{", "null", "[]", {}, { password: 1 }, { password: "" }]) {
      expect((await server.post("/hash", body)).status).toBe(400);
    }
    expect((await server.post("/hash", { password: "x".repeat(9000) })).status).toBe(413);
    expect((await server.get("/hash")).status).toBe(405);
    expect((await server.get("/missing")).status).toBe(404);
  });

  describe("answers 503 with Retry-After", () => {
    /** Asks for ten hashes at once, until one is refused; and until the server has said meanwhile that its worker is busy. */
    async function saturate(server: Server): Promise<Answer[]> {
      const answers: Answer[] = [];
      for (;;) {
        const asked = Array.from({ length: 10 }, () => server.post("/hash", { password: "correct horse" }));
        expect(await server.get("/health")).toMatchObject({ status: 200, body: { status: "ok" } });
        const { running } = await server.figures(() => true);
        answers.push(...await Promise.all(asked));
        if (running === 1 && answers.some(({ status }) => status === 503)) return answers;
      }
    }

    it("while it is saturated, and stays responsive", async ({ programs }) => {
      // Only the backlog bounds what it takes.
      const args = ["--workers", "1", "--max-backlog", "2", "--max-latency", "600000"];
      const server = await Server.start(programs, host, ...args);
      const answers = await saturate(server);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
      expect(answers).toContainEqual({
        status: 503,
        retryAfter: "1",
        body: { error: "busy", code: "CC_ERR_BACKLOG_FULL" },
      });
    });

    it("while an answer would take too long", async ({ programs }) => {
      const server = await Server.start(programs, host, "--workers", "1", "--cost", "12", "--max-latency", "20");
      // Once it knows how long a run takes, and that one that waits would take too long.
      const answers = await saturate(server);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1);
      const refused = answers.find(({ status }) => status === 503);
      expect(refused?.body).toEqual({ error: "busy", code: "CC_ERR_LATENCY" });
      expect(refused?.retryAfter).toMatch(/^[1-9]\d*$/);
    });
  });

  // Windows has no signals.
  it.runIf(process.platform !== "win32")(
    "drops the job of a client that hangs up, and on SIGTERM ends after its last answer",
    async ({ programs }) => {
      const server = await Server.start(programs, host, "--workers", "1", "--cost", "16");
      const password = { password: "correct horse" };
      // This program may stand still until the answer is there: then there is another client.
      for (let clients = 1, failed = 0; failed === 0; clients++) {
        const client = new AbortController();
        const hung = server.post("/hash", password, client.signal).catch(({ name }: Error) => name);
        await server.figures(({ running, succeeded }) => running === 1 || succeeded === clients);
        client.abort();
        const end = await hung;
        ({ failed } = await server.figures((jobs) => jobs.running === 0 && jobs.failed + jobs.succeeded === clients));
        if (failed === 1) expect(end).toBe("AbortError");
      }

      const { succeeded: before } = await server.figures(() => true);
      const last = server.post("/hash", password);
      await server.figures(({ running, succeeded }) => running === 1 || succeeded > before);
      server.program.signal("SIGTERM");

      expect((await last).status).toBe(200);
      expect((await server.program.ended).code).toBe(0);
      await until(() => !server.program.signalAll(0));
    },
  );
});
