import { describe, expect, it } from "vitest";
import { memoryLimit } from "../../runtimes/memory-limit.ts";
import { memoryAvailable, roomFor, WORKER_MEMORY, workersInMemory } from "../../src/memory.ts";

const MB = 2 ** 20;
const files = (entries: Record<string, string | number>) => (path: string): string | null =>
  path in entries ? `${entries[path]}\n` : null;

describe("memoryLimit", () => {
  it("reads the limit of control groups v2, the hard one and the soft one", () => {
    const group = { "/proc/self/cgroup": "0::/", "/sys/fs/cgroup/memory.max": 512 * MB };
    expect(memoryLimit(files(group))).toBe(512 * MB);
    expect(memoryLimit(files({ ...group, "/sys/fs/cgroup/memory.high": 400 * MB }))).toBe(400 * MB);
    expect(memoryLimit(files({ ...group, "/sys/fs/cgroup/memory.high": "max" }))).toBe(512 * MB);
  });

  it("takes the tightest on the way up, whether or not the path is the container's", () => {
    const read = files({
      "/proc/self/cgroup": "0::/kubepods.slice/pod1.slice/web:2.scope",
      "/sys/fs/cgroup/kubepods.slice/pod1.slice/web:2.scope/memory.max": "max",
      "/sys/fs/cgroup/kubepods.slice/pod1.slice/memory.max": 300 * MB,
      "/sys/fs/cgroup/kubepods.slice/memory.max": 8_000 * MB,
    });
    expect(memoryLimit(read)).toBe(300 * MB);
    expect(memoryLimit(files({ "/proc/self/cgroup": "0::/host/path", "/sys/fs/cgroup/memory.max": 64 * MB })))
      .toBe(64 * MB);
  });

  it("reads the limit of control groups v1, on the way up too, and not that of another controller", () => {
    const read = files({
      "/proc/self/cgroup": "9:name=systemd:/\n4:memory:/docker/abc\n3:cpuset:/\n0::/",
      "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "9223372036854771712",
      "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes": 700 * MB,
      "/sys/fs/cgroup/cpuset/memory.limit_in_bytes": 1,
    });
    expect(memoryLimit(read)).toBe(700 * MB);
  });

  it("is unlimited without a limit, or with one that makes no sense", () => {
    for (const text of ["max", "", "0", "-1", "much", "9223372036854771712"]) {
      expect(memoryLimit(files({ "/proc/self/cgroup": "0::/", "/sys/fs/cgroup/memory.max": text })), text).toBe(
        Infinity,
      );
    }
    expect(memoryLimit(files({}))).toBe(Infinity);
  });
});

describe("memoryAvailable", () => {
  it("is what the system says, if it does", () => {
    const text = "MemTotal:       24683520 kB\nMemFree:        21057024 kB\nMemAvailable:       2048 kB";
    expect(memoryAvailable(files({ "/proc/meminfo": text }))).toBe(2 * MB);
    expect(memoryAvailable(files({ "/proc/meminfo": "MemFree: 1 kB" }))).toBe(Infinity);
    expect(memoryAvailable(files({}))).toBe(Infinity);
  });
});

describe("roomFor", () => {
  const limited = (limit: number, available = "") =>
    files({
      "/proc/self/cgroup": "0::/",
      "/sys/fs/cgroup/memory.max": limit * MB,
      "/proc/meminfo": available,
    });

  it("leaves the program its share of a limit, and is at least 1", () => {
    expect([512, 250, 140, 64].map((limit) => roomFor(70 * MB, limited(limit)))).toEqual([6, 2, 1, 1]);
  });

  it("is what docs/sizing.md says", () => {
    const { "node process": bytes } = WORKER_MEMORY;
    expect([256, 512, 1024].map((limit) => roomFor(bytes, limited(limit)))).toEqual([2, 6, 13]);
  });

  it("is no more than what is free allows", () => {
    expect(roomFor(70 * MB, limited(8_000, `MemAvailable:  ${300 * 1024} kB`))).toBe(4);
  });

  it("is unlimited where nothing is known", () => {
    expect(roomFor(70 * MB, files({}))).toBe(Infinity);
  });
});

describe("workersInMemory", () => {
  it("is a whole number of at least 1, or Infinity", () => {
    for (const kind of Object.keys(WORKER_MEMORY) as (keyof typeof WORKER_MEMORY)[]) {
      const room = workersInMemory(kind);
      expect(room === Infinity || (Number.isSafeInteger(room) && room >= 1), `${kind}: ${room}`).toBe(true);
    }
  });
});
