module.exports = { triple: (n) => n * 3, default: (n) => n + 1 };
