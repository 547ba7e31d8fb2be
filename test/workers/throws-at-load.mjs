import { appendFileSync } from "node:fs";
import process from "node:process";

if (process.env.LOAD_LOG) appendFileSync(process.env.LOAD_LOG, ".");
throw Object.assign(new Error("missing driver xyz"), { code: "E_DRIVER" });
