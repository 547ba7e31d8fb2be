/**
 * Worker modules and errors once more with a bootstrap that is too long for a command line, as it is on Windows: it is packed.
 */

import { vi } from "vitest";
import { errors } from "./cases/errors.ts";
import { workerModules } from "./cases/worker-modules.ts";
import { registerSuites } from "./register.ts";

vi.mock("../../src/worker/bootstrap.generated.ts", async (load) => {
  const { bootstrap } = await load<{ readonly bootstrap: string }>();
  return { bootstrap: `/*${" ".repeat(130_000)}*/${bootstrap}` };
});

registerSuites({ "packed bootstrap, worker modules": workerModules, "packed bootstrap, errors": errors });
