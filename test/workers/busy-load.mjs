// Keeps its loop busy for a while as it loads.
const start = Date.now();
while (Date.now() - start < 400);

export default (args) => args;
