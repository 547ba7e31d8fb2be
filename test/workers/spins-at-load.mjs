// Keeps its loop busy as it loads. Bounded, for threads that can't be stopped.
const start = Date.now();
while (Date.now() - start < 3_000);

export default () => "late";
