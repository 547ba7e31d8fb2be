import type { JobRequest } from "../../src/core/engine.ts";
import type { JobControl } from "../../src/core/job.ts";

/** Nobody is asked anything. */
export const uncontrolled: JobControl = { cancel() {}, takeBack() {}, more() {} };

/** A request of which nothing matters but what is given. */
export function aRequest(given: Partial<JobRequest> = {}): JobRequest {
  return {
    id: null,
    task: null,
    args: 0,
    transfer: [],
    timeout: Infinity,
    priority: 0,
    deadline: Infinity,
    key: null,
    bounded: false,
    onProgress: null,
    stream: null,
    trace: null,
    follow: null,
    ...given,
  };
}
