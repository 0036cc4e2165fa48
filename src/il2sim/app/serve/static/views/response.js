// Dose-response: every dose of the prescription multiplied, the same subjects.

import { draw, folds, foldRange, layout, rule } from "../charts.js";
import { choice, keys } from "../choices.js";
import { el, unitShown } from "../dom.js";
import { changed, dashOf, state } from "../state.js";
import { clear, onGround } from "../theme.js";

const NAMES = ["naive Treg", "memory Treg", "CD4 Tconv", "CD8", "NK"];
const MARKS = { "naive Treg": ["circle-open", "○"], "memory Treg": ["circle", "●"], "CD4 Tconv": ["square", "■"], CD8: ["diamond", "◆"], NK: ["triangle-up", "▲"] };
const NARROW = 500; // [px]; below, the numbers of the axis would touch
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
    const mark = el("span", { "aria-hidden": "true" }, MARKS[name][1]);
    mark.style.color = onGround(state.facts.colors[name]);
    return el("span", {}, mark, name);
  }));
  const unit = unitOf(ready);
  const traces = ready.flatMap((one) => NAMES.flatMap((name) => lines(one, name, { alone: ready.length === 1, unit })));
  const seen = traces.flatMap((trace) => trace.y);
  draw(place, traces, layout(
    { type: "log", title: unit ? `dose [${unitShown(unit)}], of the first course` : "factor of the prescribed dose [1]", tickformat: "~g", dtick: place.clientWidth < NARROW ? 1 : "D2" },
    folds(foldRange(seen), `${state.endpoint} over rest`),
    { shapes: [rule(1), ...ready.map((one) => rule(dosesOf(one, unit)[one.sweep.factors.indexOf(1)] * one.dose, "x", dashOf(one)))] },
  ));
}

// Doses in one unit stand on one axis; of different units only factors can be compared.
function unitOf(ready) {
  const units = new Set(ready.map((one) => one.sweep.dose_unit));
  return units.size === 1 ? [...units][0] : null;
}

const dosesOf = ({ sweep }, unit) => (unit ? sweep.doses : sweep.factors);

function lines(scenario, name, { alone, unit }) {
  const { endpoints } = scenario.sweep;
  const doses = dosesOf(scenario, unit);
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
    line: { color: onGround(color), width: 2.2, dash: dashOf(scenario) }, marker: { size: 7, symbol: MARKS[name][0] },
    hovertemplate: `${label}: %{y:.3g}×<extra></extra>`,
  }];
}
