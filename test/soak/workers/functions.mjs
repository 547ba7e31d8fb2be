import { perform } from "./perform.mjs";

export default (job, context) => perform(job, job.heeds ? () => context.signal : undefined);

export const task = (job) => perform(job);
