// Listens only after a wait that outlasts the test.
setTimeout(() => process.on("message", () => process.send("late")), 20_000);
