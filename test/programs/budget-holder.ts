// Holds a budget for others, and has no cluster.
import process from "node:process";
import { Budget } from "../../mod.ts";

const budget = new Budget({ workers: Number(process.argv[3]) });
console.log(`env ${JSON.stringify(budget.env)}`);
setInterval(() => {}, 1000);
