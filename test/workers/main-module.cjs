process.on("message", () => process.send(require.main === module));
