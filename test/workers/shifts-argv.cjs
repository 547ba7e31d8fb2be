// Takes its arguments, and leaves none.
const { argv } = require("node:process");

argv.splice(0, argv.length);
module.exports = () => "answer";
