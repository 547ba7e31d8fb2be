// Answers from a timer that the first job starts, which then belongs to that job.
const queue = [];
let timer;
process.on("message", (n) => {
  queue.push(n);
  timer ??= setInterval(() => {
    if (queue.length > 0) process.send(queue.shift() * 2);
  }, 5);
});
