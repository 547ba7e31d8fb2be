// Hears what nobody has caught, and goes on.
import process from "node:process";

const heard = [];
process.on("uncaughtException", (error) => heard.push(error.message));

export default async (how) => {
  if (how === "rejects") void Promise.reject(new Error("stray"));
  if (how === "throws") {
    setTimeout(() => {
      throw new Error("of a timer");
    });
  }
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  return heard.splice(0);
};
