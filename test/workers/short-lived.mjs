// Leaves by itself after every second job, as users do against leaks.
import process from "node:process";

let jobs = 0;
process.on("message", (job) => {
  process.send(job.i);
  if (++jobs === 2) setTimeout(() => process.exit(0), job.delay);
});
