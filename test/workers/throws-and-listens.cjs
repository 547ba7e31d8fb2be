// The same, by the other way to hear of it.
process.setUncaughtExceptionCaptureCallback((error) => console.error(`heard ${error.message}`));

module.exports = (value) => value;

throw Object.assign(new Error("no database"), { code: "E_DATABASE" });
