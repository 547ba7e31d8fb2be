// As chatty.mjs, in CommonJS.
process.on("message", ({ id }) => {
  process.send(`first:${id}`);
  process.send(`second:${id}`);
  setTimeout(() => process.send(`late:${id}`), 5);
});
