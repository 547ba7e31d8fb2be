// Throws at load, and has what it throws told to itself.
import process from "node:process";

process.on("uncaughtException", (error) => console.error(`heard ${error.message}`));

export default (value) => value;

throw Object.assign(new Error("no database"), { code: "E_DATABASE" });
