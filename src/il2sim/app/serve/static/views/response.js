// Dose-response: every dose of the prescription multiplied, the same subjects.

import { draw, folds, foldRange, layout, rule } from "../charts.js";
import { choice, keys } from "../choices.js";
import { el } from "../dom.js";
import { changed, dashOf, state } from "../state.js";
import { clear, onGround } from "../theme.js";

const NAMES = ["naive Treg", "memory Treg", "CD4 Tconv", "CD8", "NK"];
let place = null, top = null, legend = null;

export function build(panel) {
  top = el("div", { class: "choices" });
  place = el("div", { class: "chart tall", role: "img", "aria-label": "Fold of each population against the dose" });
  legend = el("div", { class: "keys" });
  panel.append(top, el("article", { class: "card" },
    el("h3", {}, "What a smaller or larger dose would do"),
    el("p", { class: "sub" }, "every dose of the prescription multiplied by the same factor; the same subjects at each; bands 5–95 %"), legend, place));
}

export function update() {
  const ready = state.scenarios.filter((one) => one.sweep);
  top.replaceChildren(
    choice("Read at", [["end fold", "the visit"], ["peak fold", "the peak"]], state.endpoint, (value) => { state.endpoint = value; changed("choice"); }),
    ready.length > 1 ? keys(ready) : "",
  );
  if (!ready.length) return;
  legend.replaceChildren(...NAMES.map((name) => {
    const mark = el("span", { class: "swatch", "aria-hidden": "true" });
    mark.style.color = onGround(state.facts.colors[name]);
    return el("span", {}, mark, name);
  }));
  const traces = ready.flatMap((one) => NAMES.flatMap((name) => lines(one, name, ready.length === 1)));
  const seen = traces.flatMap((trace) => trace.y);
  const unit = ready[0].sweep.dose_unit.replace("/m2", "/m²");
  draw(place, traces, layout(
    { type: "log", title: `dose [${unit}], of the first course`, tickformat: "~g", dtick: "D2" },
    folds(foldRange(seen), `${state.endpoint} over rest`),
    { shapes: [rule(1), ...ready.map((one) => ({ ...rule(one.sweep.doses[one.sweep.factors.indexOf(1)] * one.dose, "x", dashOf(one)) }))] },
  ));
}

function lines(scenario, name, alone) {
  const { doses, endpoints } = scenario.sweep;
  const spread = endpoints.map((one) => one[name]?.[state.endpoint]);
  if (!spread[0]) return [];
  const color = state.facts.colors[name];
  const band = alone ? [
    { x: doses, y: spread.map((one) => one.q05), mode: "lines", line: { width: 0 }, hoverinfo: "skip" },
    { x: doses, y: spread.map((one) => one.q95), mode: "lines", line: { width: 0 }, fill: "tonexty", fillcolor: clear(color, 0.13), hoverinfo: "skip" },
  ] : [];
  const label = state.scenarios.length > 1 ? `${scenario.id}, ${name}` : name;
  return [...band, {
    x: doses, y: spread.map((one) => one.median), name: label, mode: "lines+markers",
    line: { color: onGround(color), width: 2.2, dash: dashOf(scenario) }, marker: { size: 6 },
    hovertemplate: `${label}: %{y:.3g}×<extra></extra>`,
  }];
}
