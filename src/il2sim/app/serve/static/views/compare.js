// The numbers of every scenario side by side, as text.

import { el, shown, unitShown } from "../dom.js";
import { swatch } from "../choices.js";
import { chip } from "../sources.js";
import { isTouched, state, verdictOf } from "../state.js";

let place = null;

export function build(panel) {
  place = el("div", {});
  panel.append(place);
}

const spread = (one) => `${shown(one.median)} (${shown(one.q05)}–${shown(one.q95)})`;

export function update() {
  const ready = state.scenarios.filter((one) => one.answers.courses);
  if (!ready.length) return;
  const names = state.facts.shown.filter((name) => ready.some((one) => one.answers.courses.endpoints[name]));
  const head = el("tr", {}, el("th", { scope: "col" }, "median (5–95 %)"), ready.map((one) => el("th", { scope: "col" }, swatch(one), ` ${one.id}`)));
  const told = [
    ["prescription", (answer) => answer.regimen], ["population", (_, one) => one.study.population.replaceAll("_", " ")],
    ["subjects", (answer) => `${answer.subjects}${answer.failed ? `, ${answer.failed} not solved` : ""}`],
    ["key of the run", (answer) => answer.key || "not refined yet"],
  ];
  const rows = told.map(([text, read]) => el("tr", {}, el("th", { scope: "row" }, text), ready.map((one) => el("td", { class: "text" }, read(one.answers.courses, one)))));
  const toxic = state.facts.shown.filter((name) => ready.some((one) => one.answers.courses.toxicity[name]));
  const severe = (one) => (one.severe == null ? "" : `; grade 3 or 4: ${Math.round(100 * one.severe)} %`);
  const blocks = [["at rest", "resting"], ["peak fold", "peak fold"], ["fold at the visit", "end fold"]].flatMap(([title, key]) => [
    el("tr", {}, el("th", { colspan: ready.length + 1, scope: "rowgroup" }, title)),
    ...names.map((name) => el("tr", {}, el("td", {}, name), ready.map((one) => {
      const found = one.answers.courses.endpoints[name];
      const unit = key === "resting" && found ? ` ${unitShown(found.unit)}` : "";
      return el("td", {}, found ? spread(found[key]) + unit : "–");
    }))),
  ]);
  blocks.push(el("tr", {}, el("th", { colspan: ready.length + 1, scope: "rowgroup" }, "toxicity, the worst of each subject, without fluids or pressors")),
    ...toxic.map((name) => el("tr", {}, el("td", {}, name), ready.map((one) => {
      const found = one.answers.courses.toxicity[name];
      return el("td", {}, found ? `${spread(found.worst)}${found.unit === "1" ? "" : ` ${unitShown(found.unit)}`}${severe(found)}` : "–");
    }))));
  place.replaceChildren(
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, rows, blocks))),
    ...ready.filter((one) => one.answers.courses.published.length).map((one) => el("section", { class: "work" },
      el("h3", {}, isTouched(one) ? `Published for the study's own regimen, beside ${one.id} as it was changed` : `Published beside ${one.id}`),
      el("div", { class: "chips" }, one.answers.courses.published.map((row) => chip(
        `${row.name}, ${row.endpoint}: published ${row.shown}, ours ${spread(row.found)}`, row.published.evidence, verdictOf(one, row), row.note))))),
  );
}
