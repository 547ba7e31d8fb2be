/** The conformance suite, by subject. */

import type { Case } from "./case.ts";
import { badInput } from "./cases/bad-input.ts";
import { context } from "./cases/context.ts";
import { ending } from "./cases/ending.ts";
import { errors } from "./cases/errors.ts";
import { everyWorker } from "./cases/every-worker.ts";
import { fightingValues } from "./cases/fighting-values.ts";
import { keys } from "./cases/keys.ts";
import { mapping } from "./cases/mapping.ts";
import { oddities } from "./cases/oddities.ts";
import { progress } from "./cases/progress.ts";
import { recycling } from "./cases/recycling.ts";
import { settling } from "./cases/settling.ts";
import { sharing } from "./cases/sharing.ts";
import { stopping } from "./cases/stopping.ts";
import { streaming } from "./cases/streaming.ts";
import { surface } from "./cases/surface.ts";
import { telemetry } from "./cases/telemetry.ts";
import { values } from "./cases/values.ts";
import { workerModules } from "./cases/worker-modules.ts";

export const suites: Readonly<Record<string, readonly Case[]>> = {
  "jobs settle, and nothing hangs": settling,
  "timeouts and signals": stopping,
  "the end": ending,
  "errors arrive as thrown": errors,
  "values arrive as sent": values,
  "values that fight back": fightingValues,
  "worker modules": workerModules,
  "items in, results out": mapping,
  "what a job yields": streaming,
  "jobs of one key": keys,
  "what all workers are given": everyWorker,
  "how far a job is": progress,
  "the caller's context, and its trace": context,
  "spans and metrics": telemetry,
  "recycling": recycling,
  "the class": surface,
  "bad input": badInput,
  "odd modules and programs": oddities,
  "clusters that share a budget": sharing,
};
