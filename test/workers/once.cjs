// Listens for one message only.
process.once("message", (said) => process.send(said));
setInterval(() => {}, 60_000);
