/**
 * One pool, measured.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import process from "node:process";
import type { ComputeCluster, ComputeClusterOptions, Isolation } from "../../mod.ts";
import { isUsable, make } from "./open-cluster.ts";

/** What is to be measured. */
export interface Pool {
  readonly cluster: ComputeClusterOptions;
  readonly size: number;
  readonly isolation: Isolation;
  /** Arguments of jobs, run in turn. */
  readonly samples: readonly unknown[];
  readonly task: string | undefined;
  readonly seconds: number;
}

/** What was found. */
export interface Figures {
  readonly isolation: Isolation;
  readonly workers: number;
  readonly jobs: number;
  readonly failed: number;
  readonly jobsPerSecond: number;
  /** Of the runs, in milliseconds. */
  readonly p50: number;
  /** Of the runs, in milliseconds. */
  readonly p99: number;
  /** Of all workers, in bytes; null where that can't be found out. */
  readonly memory: number | null;
}

/** The part of the time for which jobs run before they are measured: engines compile what runs often. */
const WARMING = 0.25;

/** The program's memory before it had a thread. */
const rssOfProgram = process.memoryUsage().rss;

/**
 * Runs jobs for so long, two under way for each worker.
 *
 * @throws {UsageError} if the module can't be loaded, and an error with the first job's as its cause if every job fails.
 */
export async function measure(pool: Pool): Promise<Figures> {
  const cluster = make(pool.cluster);
  const pids = new Set<string>();
  cluster.on("worker:ready", ({ worker }) => pids.add(worker));
  cluster.on("worker:exit", ({ worker }) => pids.delete(worker));
  // Its job fails, and is counted.
  cluster.on("error", () => {});
  try {
    await isUsable(cluster);
    await load(cluster, pool, 1000 * WARMING * pool.seconds);
    const runs: number[] = [];
    cluster.on("job:settled", ({ ok, ran }) => ok && runs.push(ran));
    const start = performance.now();
    const { failed, error } = await load(cluster, pool, 1000 * pool.seconds);
    const seconds = (performance.now() - start) / 1000;
    if (runs.length === 0) throw new Error("every job failed", { cause: error });
    runs.sort((a, b) => a - b);
    return {
      isolation: pool.isolation,
      workers: pool.size,
      jobs: runs.length,
      failed,
      jobsPerSecond: runs.length / seconds,
      p50: quantile(runs, 0.5),
      p99: quantile(runs, 0.99),
      memory: pool.isolation === "process" ? rssOf([...pids]) : process.memoryUsage().rss - rssOfProgram,
    };
  } finally {
    await cluster.exit();
  }
}

/** Keeps the workers busy for so many milliseconds, and finishes. */
async function load(
  cluster: ComputeCluster,
  { samples, size, task }: Pool,
  milliseconds: number,
): Promise<{ failed: number; error: unknown }> {
  const end = performance.now() + milliseconds;
  let next = 0;
  let failed = 0;
  let error: unknown = null;
  const keepBusy = async (): Promise<void> => {
    do {
      try {
        await cluster.enqueue(samples[next++ % samples.length], { task });
      } catch (thrown) {
        if (failed++ === 0) error = thrown;
      }
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: 2 * size }, keepBusy));
  return { failed, error };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Resident memory of processes, in bytes. */
function rssOf(pids: readonly string[]): number | null {
  if (process.platform === "win32" || pids.length === 0) return null;
  try {
    const text = execFileSync("ps", ["-o", "rss=", "-p", pids.join(",")], { encoding: "utf8" });
    return text.trim().split(/\s+/).reduce((sum, kilobytes) => sum + 1024 * Number(kilobytes), 0);
  } catch {
    return null;
  }
}
