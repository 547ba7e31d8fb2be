// Ends, and ends again, or throws, when it hears that it does.
import process from "node:process";

let how = null;
process.on("exit", () => {
  if (how === "exits") process.exit(3);
  if (how === "throws") {
    how = null;
    throw new Error("in the exit listener");
  }
});

export default (what) => {
  how = what;
  process.exit(0);
};

export const later = (what) => {
  how = what;
  setTimeout(() => {
    throw new Error("of a timer");
  });
  return new Promise(() => {});
};
