// Answers with what is asked for, by a `send` that calls back.
const { ANSWERS } = require("./answers.cjs");

process.on("message", (job) => process.send(ANSWERS[job.what](job), () => {}));
