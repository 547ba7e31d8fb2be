import process from "node:process";
import { SingleBar } from "cli-progress";
import type { File } from "./files.ts";
import { megabytes } from "./report.ts";

/** Shows how far the files are. */
export interface Progress {
  done(file: File): void;
  stop(): void;
}

/** A bar on a terminal, lines elsewhere. On stderr: stdout is for the results. */
export function progressOf(files: readonly File[]): Progress {
  // By bytes, since that is what takes the time.
  const total = Math.max(1, files.reduce((sum, file) => sum + file.size, 0));
  return process.stderr.isTTY ? bar(files.length, total) : lines(files.length, total);
}

function bar(count: number, total: number): Progress {
  const format = `{bar} {percentage} % | {files} of ${count} files | {now} of ${
    megabytes(total)
  } | {eta_formatted} left`;
  const bar = new SingleBar({ format, barsize: 30, hideCursor: true, etaBuffer: 100 });
  let files = 0;
  let bytes = 0;
  bar.start(total, 0, { files, now: megabytes(0) });
  return {
    done(file) {
      bytes += file.size;
      bar.update(bytes, { files: ++files, now: megabytes(bytes) });
    },
    stop: () => bar.stop(),
  };
}

function lines(count: number, total: number): Progress {
  let files = 0;
  let bytes = 0;
  let next = 10;
  return {
    done(file) {
      files++;
      bytes += file.size;
      const percentage = Math.floor((100 * bytes) / total);
      if (percentage < next) return;
      console.error(`${String(percentage).padStart(3)} %  ${files} of ${count} files`);
      next = percentage - (percentage % 10) + 10;
    },
    stop() {},
  };
}
