/** The field faults, by subject. Each case begins with the number of its report. */

import type { Case } from "../conformance/case.ts";
import { admission } from "./cases/admission.ts";
import { counting } from "./cases/counting.ts";
import { debugging } from "./cases/debugging.ts";
import { memoryOfOthers } from "./cases/memory-of-others.ts";
import { modules } from "./cases/modules.ts";
import { order } from "./cases/order.ts";
import { orphans } from "./cases/orphans-of-every-kind.ts";
import { unheard } from "./cases/unheard.ts";

export const faults: Readonly<Record<string, readonly Case[]>> = {
  "who comes in": admission,
  "in which order": order,
  "what nobody hears": unheard,
  "under a debugger": debugging,
  "memory of others": memoryOfOthers,
  "where the module is": modules,
  "how many workers": counting,
  "orphans of every kind": orphans,
};
