// The plane of Treg against effectors: subjects, their median along the dose, trials.

import { draw, folds, foldRange, layout, rule } from "../charts.js";
import { choice, keys } from "../choices.js";
import { el } from "../dom.js";
import { chip } from "../sources.js";
import { changed, colorOf, dashOf, state } from "../state.js";
import { clear, ground, onGround } from "../theme.js";

let place = null, top = null, list = null;

export function build(panel) {
  top = el("div", { class: "choices" });
  place = el("div", { class: "chart tall", role: "img", "aria-label": "Treg fold against effector fold" });
  list = el("div", { class: "below chips" });
  panel.append(top, el("article", { class: "card" },
    el("h3", {}, "Treg against effectors"),
    el("p", { class: "sub" }, "dots: subjects; large: median; line: median along the dose; boxes: published trials, open sides reach the edge"),
    place, el("p", { class: "sub" }, "Published trials (a click shows the source):"), list));
}

const kind = () => (state.endpoint === "peak fold" ? "peak" : "end");

export function update() {
  const ready = state.scenarios.filter((one) => one.answers.courses);
  top.replaceChildren(
    choice("Effectors", [["CD8", "CD8"], ["CD4 Tconv", "CD4 Tconv"]], state.effector, (value) => { state.effector = value; changed("choice"); }),
    choice("Read at", [["end fold", "the visit"], ["peak fold", "the peak"]], state.endpoint, (value) => { state.endpoint = value; changed("choice"); }),
    ready.length > 1 ? keys(ready) : "",
  );
  if (!ready.length) return;
  const traces = ready.flatMap((one) => [...cloud(one), ...path(one), middle(one)]);
  const trials = state.published.filter((one) => one.effector.name === state.effector);
  const xs = [...traces.flatMap((one) => one.x), ...trials.flatMap((one) => [one.treg.low, one.treg.high])];
  const ys = [...traces.flatMap((one) => one.y), ...trials.flatMap((one) => [one.effector.low, one.effector.high])];
  const xr = foldRange(xs, [0.7, 6]), yr = foldRange(ys, [0.6, 1.8]);
  draw(place, traces, layout(
    folds(xr, "Treg, fold over rest"),
    folds(yr, `${state.effector}, fold over rest`),
    {
      hovermode: "closest",
      shapes: [rule(1), rule(1, "x"), diagonal(xr, yr), ...trials.map((one) => box(one, xr, yr))],
      annotations: trials.map((one, i) => tag(one, i, xr, yr)),
    },
  ));
  list.replaceChildren(...trials.map((one, i) => chip(
    `${i + 1}: ${one.title}: ${one.treg.name} ${one.treg.endpoint} ${one.treg.shown}, ${one.effector.name} ${one.effector.shown}`,
    [...one.treg.evidence, ...one.effector.evidence], "", one.regimen)));
}

function cloud(scenario) {
  const { points } = scenario.answers.courses;
  if (!points.Treg) return [];
  return [{
    x: points.Treg[kind()], y: points[state.effector][kind()], mode: "markers", name: scenario.id,
    marker: { size: 5, color: clear(colorOf(scenario), 0.45) },
    hovertemplate: `${scenario.id}, one subject: Treg %{x:.3g}×, ${state.effector} %{y:.3g}×<extra></extra>`,
  }];
}

function path(scenario) {
  if (!scenario.sweep) return [];
  const along = (name) => scenario.sweep.endpoints.map((one) => one[name]?.[state.endpoint]?.median);
  return [{
    x: along("Treg"), y: along(state.effector), mode: "lines+markers", name: `${scenario.id}, along the dose`,
    text: scenario.sweep.factors.map((one) => `dose × ${one}`),
    line: { color: onGround(colorOf(scenario)), width: 1.4, dash: dashOf(scenario) }, marker: { size: 4 },
    hovertemplate: `${scenario.id}, %{text}: Treg %{x:.3g}×, ${state.effector} %{y:.3g}×<extra></extra>`,
  }];
}

function middle(scenario) {
  const { endpoints } = scenario.answers.courses;
  const x = endpoints.Treg[state.endpoint], y = endpoints[state.effector][state.endpoint];
  const around = (one) => ({ type: "data", symmetric: false, array: [one.q95 - one.median], arrayminus: [one.median - one.q05], color: onGround(colorOf(scenario)), thickness: 1.5 });
  return {
    x: [x.median], y: [y.median], error_x: around(x), error_y: around(y), mode: "markers", name: `${scenario.id}, median`,
    marker: { size: 14, color: onGround(colorOf(scenario)), line: { color: ground().paper, width: 2 } },
    hovertemplate: `${scenario.id}, median and 5–95 %: Treg %{x:.3g}×, ${state.effector} %{y:.3g}×<extra></extra>`,
  };
}

const side = (value, edge) => (value == null ? 10 ** edge : value);

function box(trial, xr, yr) {
  const { ink } = ground();
  return {
    type: "rect", layer: "below", line: { color: ink, width: 1.2, dash: trial.effector.is_direction ? "dot" : "solid" }, fillcolor: clear("#8A94A0", 0.1),
    x0: side(trial.treg.low, xr[0]), x1: side(trial.treg.high, xr[1]), y0: side(trial.effector.low, yr[0]), y1: side(trial.effector.high, yr[1]),
  };
}

function tag(trial, i, xr, yr) {
  return {
    x: Math.log10(side(trial.treg.low, xr[0])), y: Math.log10(side(trial.effector.high, yr[1])), text: `<b>${i + 1}</b>`, showarrow: false,
    xanchor: "left", yanchor: "bottom", xshift: 3 + 15 * i, font: { size: 12, color: ground().ink },
  };
}

function diagonal(xr, yr) {
  const low = 10 ** Math.max(xr[0], yr[0]), high = 10 ** Math.min(xr[1], yr[1]);
  return { type: "line", x0: low, y0: low, x1: high, y1: high, layer: "below", line: { color: ground().line, width: 1, dash: "dash" } };
}

