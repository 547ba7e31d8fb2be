/** The field faults, by subject. Each case begins with the number of its report. */

import type { Case } from "../conformance/case.ts";

export const faults: Readonly<Record<string, readonly Case[]>> = {};
