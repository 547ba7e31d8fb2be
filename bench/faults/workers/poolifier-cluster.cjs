// A CommonJS module: the pool's first message is lost while an ES module loads in a cluster's worker, and then it hangs.
"use strict";
const { ClusterWorker } = require("poolifier");
const work = require("./work.cjs");

// Asynchronous: of any other function, a promise is taken for the answer itself.
module.exports = new ClusterWorker(async (args) => await work(args), { maxInactiveTime: 60_000 });
