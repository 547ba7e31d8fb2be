// Answers its first job again while the second runs, before that is answered.
import process from "node:process";

let open;
const gate = new Promise((resolve) => open = resolve);

process.on("message", async ({ id }) => {
  if (id === 1) {
    void gate.then(() => process.send(`late:${id}`));
    process.send(`first:${id}`);
    return;
  }
  open();
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.send(`first:${id}`);
});
