// Sends the server more than it can do, and measures what becomes of it.
import process from "node:process";
import { parseArgs } from "node:util";
import { type Measured, openLoop, percentile } from "./open-loop.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    /** Requests per second. */
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "5" },
  },
});
const rate = positive("rate", values.rate);
const seconds = positive("seconds", values.seconds);

/** Requests open at a time, at most. */
const MAX_OPEN = 1000;

async function hash(): Promise<string> {
  const body = JSON.stringify({ password: "correct horse battery staple" });
  const response = await fetch(new URL("/hash", values.url), { method: "POST", body });
  const { code = "answered" } = await response.json() as { code?: string };
  const after = response.headers.get("retry-after");
  return after === null ? `${response.status} ${code}` : `${response.status} ${code}, Retry-After ${after}`;
}

async function health(): Promise<string> {
  const response = await fetch(new URL("/health", values.url));
  await response.text();
  return String(response.status);
}

const failing = (request: () => Promise<string>) => () => request().catch((error: Error) => `failed: ${error.message}`);

const [hashes, healths] = await Promise.all([
  openLoop({ rate, seconds, maxOpen: MAX_OPEN, request: failing(hash) }),
  openLoop({ rate: 50, seconds, maxOpen: MAX_OPEN, request: failing(health) }),
]);
console.log(`POST /hash, ${rate} a second for ${seconds} s`);
show(hashes);
// It is answered by the server's own thread, so its latency shows how long the event loop lets one wait.
console.log("GET /health meanwhile, 50 a second");
show(healths);

function show({ latencies, notSent, seconds }: Measured): void {
  for (const [answer, all] of [...latencies].sort()) {
    const [p50, p99] = [percentile(all, 0.5), percentile(all, 0.99)].map((value) => value.toFixed(1));
    const perSecond = (all.length / seconds).toFixed(1);
    console.log(
      `  ${answer.padEnd(40)} ${String(all.length).padStart(5)}  ${
        perSecond.padStart(6)
      }/s  p50 ${p50} ms  p99 ${p99} ms`,
    );
  }
  if (notSent > 0) console.log(`  ${"not sent: too many open".padEnd(40)} ${String(notSent).padStart(5)}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  console.error(`--${name} must be a number above 0, got ${JSON.stringify(text)}`);
  process.exit(2);
}
