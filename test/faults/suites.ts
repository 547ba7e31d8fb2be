/** The field faults, by subject. Each case begins with the number of its report. */

import type { Case } from "../conformance/case.ts";
import { admission } from "./cases/admission.ts";
import { order } from "./cases/order.ts";

export const faults: Readonly<Record<string, readonly Case[]>> = {
  "who comes in": admission,
  "in which order": order,
};
