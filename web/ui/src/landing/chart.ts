import uPlot from "uplot";
import type { Charted } from "./company";

const height = 280; // pixels

// drawChart draws values through time into a place, anew whenever its width or the colours change.
export function drawChart(place: HTMLElement, c: Charted): void {
  const data: uPlot.AlignedData = [c.dates.map((day) => Date.parse(day) / 1000), c.values];
  let plot: uPlot | undefined;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(place, c.unit), data, place);
  };
  draw();
  new ResizeObserver(() => {
    if (plot && plot.width !== place.clientWidth) plot.setSize({ width: place.clientWidth, height });
  }).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

function options(place: HTMLElement, unit: string): uPlot.Options {
  const colour = (name: string) => getComputedStyle(place).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 },
    font: `12px ${colour("--sans")}`,
  };
  return {
    width: place.clientWidth,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"), // days have no time zone
    cursor: { y: false },
    scales: { x: { time: true } },
    axes: [{ ...axis, space: 70 }, { ...axis, size: 56, values: (_, splits) => splits.map(short) }],
    series: [
      { value: (_, seconds) => (seconds === null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 10)), label: "Day" },
      {
        label: unit, stroke: colour("--accent"), width: 1.5, fill: `${colour("--accent")}1f`,
        value: (_, value) => (value === null ? "–" : value.toLocaleString("en")),
        points: { show: false },
      },
    ],
  };
}

// short writes a number so that it fits beside an axis: 1.5B.
function short(value: number): string {
  return value.toLocaleString("en", { notation: "compact", maximumFractionDigits: 2 });
}
