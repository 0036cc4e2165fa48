// Drawing with Plotly: one look for every chart, bands over subjects, ranges of others.

import { clear, ground, isDark, onGround } from "./theme.js";

const CONFIG = {
  displaylogo: false, responsive: true, doubleClick: "reset",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
};

export function layout(x, y, more = {}) {
  const { ink, faint, line } = ground();
  const axis = {
    gridcolor: line, linecolor: faint, tickcolor: faint, zeroline: false, ticks: "outside",
    ticklen: 4, automargin: false, fixedrange: false,
  };
  return {
    font: { color: ink, size: 11, family: "inherit" },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 58, r: 10, t: 8, b: 38 },
    showlegend: false, hovermode: "x unified",
    hoverlabel: { bgcolor: isDark() ? "#26303a" : "#ffffff", font: { color: ink } },
    ...more,
    xaxis: { ...axis, ...x, title: { text: x.title, standoff: 6, font: { size: 11 } } },
    yaxis: { ...axis, ...y, title: { text: y.title, standoff: 4, font: { size: 11 } } },
  };
}

export function draw(place, traces, shape) {
  return window.Plotly.react(place, traces, shape, CONFIG);
}

export function forget(place) {
  if (place.data) window.Plotly.purge(place);
}

const LINE = { hoverinfo: "skip", mode: "lines", showlegend: false };

function filled(x, low, high, color, share) {
  return [
    { ...LINE, x, y: low, line: { width: 0 } },
    { ...LINE, x, y: high, line: { width: 0 }, fill: "tonexty", fillcolor: clear(color, share) },
  ];
}

// The median with half and 90 % of the subjects around it.
export function bandTraces(x, band, color, { name, dash = "solid", wide = true, unit = "" }) {
  const around = wide ? filled(x, band.q05, band.q95, color, 0.16) : [];
  return [
    ...around,
    ...(band.q25 ? filled(x, band.q25, band.q75, color, wide ? 0.26 : 0.2) : []),
    {
      x, y: band.median, mode: "lines", name,
      line: { color: onGround(color), width: 2.2, dash },
      customdata: band.q05.map((low, i) => [low, band.q95[i]]),
      hovertemplate: `${name}: %{y:.3g}${unit} (%{customdata[0]:.3g}–%{customdata[1]:.3g})<extra></extra>`,
    },
  ];
}

const NARROW = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 4, 5];
const USUAL = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const WIDE = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1e3, 1e4, 1e5];

// An axis of folds: equal steps for equal factors, with as many numbers as fit.
export function folds(range, title = "fold over rest") {
  const decades = range[1] - range[0];
  return { type: "log", ticksuffix: "×", title, range, tickvals: decades < 0.8 ? NARROW : decades < 3 ? USUAL : WIDE };
}

// Limits of a log axis that hold every number, and never less than `least` around one.
export function foldRange(numbers, least = [0.8, 1.4]) {
  const seen = numbers.filter((one) => Number.isFinite(one) && one > 0);
  const low = Math.min(...seen, least[0]), high = Math.max(...seen, least[1]);
  const space = 0.06 * Math.log10(high / low);
  return [Math.log10(low) - space, Math.log10(high) + space];
}

export function rule(value, axis = "y", dash = "dash") {
  const ends = axis === "y"
    ? { x0: 0, x1: 1, xref: "paper", y0: value, y1: value }
    : { y0: 0, y1: 1, yref: "paper", x0: value, x1: value };
  return { type: "line", ...ends, line: { color: ground().faint, width: 1, dash }, layer: "below" };
}
