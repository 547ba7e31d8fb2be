// Writes much to both outputs.
import { Buffer } from "node:buffer";
import { appendFileSync, writeSync } from "node:fs";
import process from "node:process";

const LINE = Buffer.from(`${"y".repeat(1023)}\n`);

/** Writes a line whole, however often the pipe is full; bounded, so that a failing test leaves nothing behind. */
function write(fd) {
  const end = Date.now() + 20_000;
  for (let at = 0; at < LINE.length && Date.now() < end;) {
    try {
      at += writeSync(fd, LINE, at);
    } catch (error) {
      if (["EPIPE", "EBADF"].includes(error.code)) return;
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

process.on("message", ({ lines, file }) => {
  if (file) appendFileSync(file, `${process.pid}\n`);
  for (let i = 0; i < lines; i++) {
    if (process.env.BY_STREAM) {
      process.stdout.write(LINE);
      process.stderr.write(LINE);
    } else {
      write(1);
      write(2);
    }
  }
  console.log(String(LINE));
  console.error(String(LINE));
  process.send("said");
});
