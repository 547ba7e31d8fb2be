// worker-farm: the answer, or the error, goes into a callback.
"use strict";
const work = require("./work.cjs");

module.exports = (args, callback) => {
  if (args.job === "late") {
    callback(null, "first");
    setTimeout(() => callback(null, { second: true }), 100);
    return;
  }
  answer(args, callback);
};

async function answer(args, callback) {
  try {
    callback(null, await work(args));
  } catch (error) {
    // A falsy error would be none: wrapped as util.callbackify does it.
    callback(error || Object.assign(new Error("falsy rejection"), { reason: error }));
  }
}
