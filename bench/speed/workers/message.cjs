// The contract of compute-cluster 0.0.9, and of a bare fork: each message is a job, each `send` an answer.
"use strict";
const process = require("node:process");
const work = require("./work.cjs");

process.on("message", (args) => process.send(work(args)));
