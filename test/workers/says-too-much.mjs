// Exports functions, and sends messages besides.
import process from "node:process";

/** What it returns is its answer; its message is nobody's. */
export default ({ id }) => {
  process.send(`sent:${id}`);
  return `returned:${id}`;
};

/** Is answered, and says more. */
export const after = ({ id }) => {
  setTimeout(() => process.send(`late:${id}`), 0);
  return `returned:${id}`;
};

/** Returns nothing of its own. */
export const sends = ({ id }) => process.send(`sent:${id}`);

/** Sends a message, and fails. */
export const fails = ({ id }) => {
  process.send(`sent:${id}`);
  throw new Error("too late");
};

/** Answers, and ends its worker by an error. */
export const dies = ({ id }) => {
  process.send(`sent:${id}`);
  setTimeout(() => {
    throw new Error("after the answer");
  }, 0);
};
