import answers from "./answers.cjs";

export const { ANSWERS } = answers;

export default (job) => ANSWERS[job.what](job);
