// As little as a job can be, one that takes its time, and one whose answer is large.
export default (value) => value;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const bytes = (size) => "x".repeat(size);
