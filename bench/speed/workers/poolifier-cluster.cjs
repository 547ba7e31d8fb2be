// A CommonJS module: the pool's first message is lost while an ES module loads in a cluster's worker, and then it hangs.
"use strict";
const { ClusterWorker } = require("poolifier");
const work = require("./work.cjs");

module.exports = new ClusterWorker((args) => work(args), { maxInactiveTime: 60_000 });
