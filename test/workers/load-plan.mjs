// Loads as planned: its arguments are a file that counts loads, and what each load does; later ones do as the last.
import { appendFileSync, readFileSync } from "node:fs";
import process from "node:process";
import { perform } from "./perform.mjs";

const [file, plan] = process.argv.slice(2);
appendFileSync(file, ".");
const steps = plan.split(",");
const step = steps[Math.min(readFileSync(file, "utf8").length, steps.length) - 1];
if (step === "throws") throw new Error("not deployed yet");
if (step === "exits") process.exit(1);
if (step === "rejects") Promise.reject(new Error("not deployed yet"));
if (step === "hangs") await new Promise((resolve) => setTimeout(resolve, 20_000));
if (step === "dies") setTimeout(() => process.exit(1), 0);

export default perform;
