import process from "node:process";

process.title = "my own";

export { default } from "./handler.mjs";
