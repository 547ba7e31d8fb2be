"use strict";
exports.work = require("./work.cjs");
