// The original contract, in CommonJS.
const work = import("./perform.mjs");

process.on("message", (job) => {
  work.then(({ perform }) => perform(job)).then((answer) => process.send(answer));
});
