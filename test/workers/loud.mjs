// Writes much to both outputs.
import { appendFileSync, writeSync } from "node:fs";
import process from "node:process";

const LINE = `${"y".repeat(1023)}\n`;

function write(fd) {
  try {
    writeSync(fd, LINE);
  } catch (error) {
    if (!["EAGAIN", "EPIPE", "EBADF"].includes(error.code)) throw error;
  }
}

process.on("message", ({ lines, file }) => {
  if (file) appendFileSync(file, `${process.pid}\n`);
  for (let i = 0; i < lines; i++) {
    write(1);
    write(2);
  }
  console.log(LINE);
  console.error(LINE);
  process.send("said");
});
