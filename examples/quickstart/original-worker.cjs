"use strict";

process.on("message", function () {
  for (let i = 0; i < 100000000; i++);
  process.send("complete");
});
