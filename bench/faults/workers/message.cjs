// The contract of compute-cluster 0.0.9: each message is a job, each `send` an answer. It has no way to tell an error.
"use strict";
const process = require("node:process");
const work = require("./work.cjs");

process.on("message", async (args) => {
  if (args.job !== "late") return process.send(await work(args));
  process.send("first");
  setTimeout(() => process.send({ second: true }), 100);
});
