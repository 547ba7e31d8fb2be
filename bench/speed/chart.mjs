// The chart: some metrics, side by side.
import { init } from "echarts";
import { spreadOf } from "./ratios.mjs";
import { number } from "./report.mjs";

/** @import { Section } from "./sections.mjs" */

const SHOWN = [
  { test: "noop", metric: "1000", title: "No-op jobs/s, 1000 outstanding" },
  { test: "noop", metric: "16", title: "No-op jobs/s, 16 outstanding" },
  { test: "noop", metric: "1: p50", title: "One no-op job, µs (less is better)" },
  { test: "spin", metric: "100 µs", title: "100 µs jobs, % of the ideal" },
];
const [WIDTH, NAMES, ROW, HEAD] = [1_560, 230, 20, 60];
const COLORS = { own: "#2f6fde", peer: "#b8bec9", raw: "#d9a441" };

/**
 * An SVG; null if none of what it shows was measured.
 *
 * @param {Section[]} sections Of one runtime.
 */
export function chart(sections) {
  const panels = SHOWN.flatMap(({ test, metric, title }) => {
    const rows = sections.find((one) => one.test.name === test)?.rows;
    return rows === undefined ? [] : [{ title, metric, rows }];
  });
  if (panels.length === 0) return null;
  const { rows } = panels[0];
  const height = HEAD + rows.length * ROW + 20;
  const width = (WIDTH - NAMES) / SHOWN.length;
  const left = (i) => NAMES + i * width;
  const picture = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  picture.setOption({
    animation: false,
    backgroundColor: "#fff",
    title: [
      { text: sections[0].runtime.title, left: 8, top: 6, textStyle: { fontSize: 14 } },
      ...panels.map(({ title }, i) => ({ text: title, left: left(i), top: 30, textStyle: { fontSize: 12 } })),
    ],
    grid: panels.map((_, i) => ({ left: left(i), width: width - 75, top: HEAD, height: rows.length * ROW })),
    xAxis: panels.map((_, i) => ({ gridIndex: i, min: 0, show: false })),
    yAxis: panels.map(({ rows }, i) => ({
      gridIndex: i,
      inverse: true,
      data: rows.map(({ entrant }) => entrant.name),
      axisTick: { show: false },
      axisLabel: { show: i === 0, interval: 0, color: "#222" },
    })),
    series: panels.map(({ rows, metric }, i) => ({
      type: "bar",
      xAxisIndex: i,
      yAxisIndex: i,
      label: { show: true, position: "right", formatter: ({ value }) => value === 0 ? "–" : number(value) },
      data: rows.map(({ entrant, outcomes }) => ({
        value: spreadOf(outcomes, metric)?.median ?? 0,
        itemStyle: { color: entrant.own ? COLORS.own : entrant.package === null ? COLORS.raw : COLORS.peer },
      })),
    })),
  });
  const svg = picture.renderToSVGString();
  picture.dispose();
  return svg;
}
