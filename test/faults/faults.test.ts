/**
 * Runs the field faults on the runtime that runs this file: what users of worker pools have reported, and what the same
 * mistakes would also cause.
 */

import { registerSuites } from "../conformance/register.ts";
import { faults } from "./suites.ts";

registerSuites(faults);
