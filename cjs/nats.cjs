"use strict";

const nats = require("../nats.js");

module.exports.createQueue = nats.createQueue;
module.exports.DeadLetters = nats.DeadLetters;
module.exports.Host = nats.Host;
module.exports.Monitor = nats.Monitor;
module.exports.nats = nats.nats;
module.exports.serve = nats.serve;
