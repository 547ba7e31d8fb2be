"use strict";

// The same module that `import` gives, so that there is one class however it is loaded.
const mod = require("../mod.js");

module.exports = mod.ComputeCluster;
module.exports.ComputeCluster = mod.ComputeCluster;
module.exports.default = mod.ComputeCluster;
module.exports.Budget = mod.Budget;
module.exports.ClusterError = mod.ClusterError;
module.exports.OptionTypeError = mod.OptionTypeError;
module.exports.OptionRangeError = mod.OptionRangeError;
