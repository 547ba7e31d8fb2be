import { describe, expect, it } from "vitest";
import { cpuQuota, usableCores } from "../../src/parallelism.ts";

const files = (entries: Record<string, string>) => (path: string): string | null => entries[path] ?? null;

describe("cpuQuota", () => {
  it("reads the quota of control groups v2", () => {
    expect(cpuQuota(files({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "150000 100000\n" }))).toBe(1.5);
  });

  it("takes the tightest on the way up, whether or not the path is the container's", () => {
    const read = files({
      "/proc/self/cgroup": "0::/app/web\n",
      "/sys/fs/cgroup/app/web/cpu.max": "max 100000",
      "/sys/fs/cgroup/app/cpu.max": "50000 100000",
      "/sys/fs/cgroup/cpu.max": "200000 100000",
    });
    expect(cpuQuota(read)).toBe(0.5);
  });

  it("reads the quota of control groups v1", () => {
    const read = files({
      "/proc/self/cgroup": "5:memory:/x\n4:cpu,cpuacct:/docker/abc\n",
      "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "-1",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    });
    expect(cpuQuota(read)).toBe(3);
  });

  it("reads the quota of a group inside of others, v1, and of none whose controller is another", () => {
    const read = files({
      "/proc/self/cgroup": "7:cpuset:/a\n4:cpu,cpuacct:/a/b\n0::/",
      "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "150000",
      "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
      "/sys/fs/cgroup/cpuset/a/cpu.cfs_quota_us": "1",
      "/sys/fs/cgroup/cpuset/a/cpu.cfs_period_us": "100000",
    });
    expect(cpuQuota(read)).toBe(1.5);
  });

  it("is unlimited without a quota, or with one that makes no sense", () => {
    expect(cpuQuota(files({}))).toBe(Infinity);
    expect(cpuQuota(files({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000" }))).toBe(Infinity);
    expect(cpuQuota(files({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "0 0" }))).toBe(Infinity);
  });
});

describe("usableCores", () => {
  it("is a whole number of at least 1", () => {
    expect(Number.isSafeInteger(usableCores())).toBe(true);
    expect(usableCores()).toBeGreaterThanOrEqual(1);
  });
});
