// As cuts.mjs, in CommonJS.
import("./cuts.mjs");
