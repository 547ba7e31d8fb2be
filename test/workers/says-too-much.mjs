// Exports functions, and sends messages besides.
import process from "node:process";

/** Its message is its answer; what it returns comes too late. */
export default ({ id }) => {
  process.send(`sent:${id}`);
  return `returned:${id}`;
};

/** Its message is its answer, and it returns none: at once, or later. */
export const sends = ({ id }) => void process.send(`sent:${id}`);
export const sendsFirst = async ({ id }) => {
  process.send(`sent:${id}`);
  await null;
};

/** Is answered, and says more. */
export const after = ({ id }) => {
  setTimeout(() => process.send(`late:${id}`), 0);
  return `returned:${id}`;
};

/** Answers and fails. */
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
