// Leaves with code 0 in the turn of the loop in which it becomes ready: no job ever begins.
import process from "node:process";

export const setup = () => void setImmediate(() => setImmediate(() => process.exit(0)));

export default (value) => value;
