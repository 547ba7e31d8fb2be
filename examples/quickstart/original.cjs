"use strict";

// The example of the original README (0.0.9), with its callbacks, and messages in the worker: it still runs.
const ComputeCluster = require("compute-cluster");

// allocate a compute cluster
const cc = new ComputeCluster({
  module: require.resolve("./original-worker.cjs"),
});

let toRun = 10;

// then you can perform work in parallel
for (let i = 0; i < 10; i++) {
  cc.enqueue({}, function (err, r) {
    if (err) console.log("an error occurred:", err);
    else console.log("it's nice:", r);
    if (--toRun === 0) cc.exit();
  });
}
