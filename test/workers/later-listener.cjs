// Listens after its module has run.
setTimeout(() => process.on("message", (m) => process.send(m)), 50);
