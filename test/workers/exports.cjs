exports.default = (n) => n + 1;
exports.triple = (n) => n * 3;
