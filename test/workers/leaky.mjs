// Keeps something of every job.
import process from "node:process";

const kept = [];
let served = 0;

export default async ({ keep = 0, ms = 0, exit = false, value = null }, { job }) => {
  for (let i = 0; i < keep; i++) kept.push({ i });
  served++;
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  if (exit && job.attempt === 1) process.exit(1);
  return { value, served, pid: process.pid };
};
