// worker-farm: the answer goes into a callback.
"use strict";
const work = require("./work.cjs");

module.exports = (args, callback) => callback(null, work(args));
