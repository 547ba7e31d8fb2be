"use strict";

const nats = require("../nats.js");

module.exports.createQueue = nats.createQueue;
module.exports.Host = nats.Host;
module.exports.nats = nats.nats;
module.exports.serve = nats.serve;
