"use strict";

const otel = require("../otel.js");

module.exports.instrument = otel.instrument;
module.exports.instrumentWorker = otel.instrumentWorker;
