/** The field faults, by subject. Each case begins with the number of its report. */

import type { Case } from "../conformance/case.ts";
import { admission } from "./cases/admission.ts";
import { answers } from "./cases/answers.ts";
import { channel } from "./cases/channel.ts";
import { counting } from "./cases/counting.ts";
import { crashes } from "./cases/crashes.ts";
import { debugging } from "./cases/debugging.ts";
import { ending } from "./cases/ending.ts";
import { leaks } from "./cases/leaks.ts";
import { leaving } from "./cases/leaving.ts";
import { limits } from "./cases/limits.ts";
import { memoryOfOthers } from "./cases/memory-of-others.ts";
import { modules } from "./cases/modules.ts";
import { order } from "./cases/order.ts";
import { orphans } from "./cases/orphans.ts";
import { orphans as orphansOfEveryKind } from "./cases/orphans-of-every-kind.ts";
import { output } from "./cases/output.ts";
import { reports } from "./cases/reports.ts";
import { signals } from "./cases/signals.ts";
import { starting } from "./cases/starting.ts";
import { stopping } from "./cases/stopping.ts";
import { surroundings } from "./cases/surroundings.ts";
import { unheard } from "./cases/unheard.ts";
import { values } from "./cases/values.ts";

export const faults: Readonly<Record<string, readonly Case[]>> = {
  "a worker dies": crashes,
  "a worker will not stop": stopping,
  "the end of the cluster, and of a worker that has just answered": ending,
  "a worker can't be started": starting,
  "who outlives whom": orphans,
  "orphans of every kind": orphansOfEveryKind,
  "signals of the terminal": signals,
  "workers leave by themselves": leaving,
  "what callers are told": reports,
  "what nobody hears": unheard,
  "values": values,
  "memory of others": memoryOfOthers,
  "answers that are nobody's": answers,
  "the line to a worker": channel,
  "surroundings": surroundings,
  "under a debugger": debugging,
  "where the module is": modules,
  "output": output,
  "what is left behind": leaks,
  "limits": limits,
  "who comes in": admission,
  "in which order": order,
  "how many workers": counting,
};
