// A bare thread.
"use strict";
const { parentPort } = require("node:worker_threads");
const work = require("./work.cjs");

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
parentPort.on("message", (args) => parentPort.postMessage(work(args)));
