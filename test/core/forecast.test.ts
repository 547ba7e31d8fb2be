import { describe, expect, it } from "vitest";
import { Forecast } from "../../src/core/forecast.ts";

describe("Forecast", () => {
  it("Forecast knows of every task what it knows of all, while there is one", () => {
    const forecast = new Forecast();
    forecast.record("a", 10);
    forecast.record("a", 30);
    expect(["a", "b", null].map((task) => forecast.run(task, 0))).toEqual([20, 20, 20]);
  });

  it("Forecast tells tasks apart once there are several, and keeps what it knew of the first", () => {
    const forecast = new Forecast();
    for (let i = 0; i < 4; i++) forecast.record(null, 100);
    for (let i = 0; i < 4; i++) forecast.record("quick", 1);
    forecast.record(null, 100);
    expect([forecast.run(null, 0), forecast.run("quick", 0)]).toEqual([100, 1]);
    expect(forecast.run("unknown", 0)).toBe(forecast.runOfAny(0));
    expect(forecast.runs).toBe(9);
  });

  it("Forecast forgets all tasks in a rest, and each until its next run", () => {
    const forecast = new Forecast();
    forecast.record("a", 80);
    forecast.record("b", 8);
    forecast.watch(false, 0);
    forecast.watch(true, 30_000);
    forecast.record("b", 8);
    expect([forecast.run("a", 30_000), forecast.run("b", 30_000)]).toEqual([40, 8]);
  });
});
