// Tells whoever watches that it lives, all the time.
import process from "node:process";

setInterval(() => process.send?.({ heartbeat: Date.now() }), 1).unref();

export default async (n) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return n === "yes" ? true : `answer ${n}`;
};
