// Rows of buttons of which one is chosen, and the key to the scenarios.

import { el } from "./dom.js";
import { colorOf, dashOf } from "./state.js";
import { onGround } from "./theme.js";

export function choice(legend, options, chosen, action) {
  const buttons = options.map(([value, text]) => el("button", {
    type: "button", "aria-pressed": String(value === chosen), onclick: () => action(value),
  }, text));
  return el("fieldset", {}, el("legend", {}, legend), buttons);
}

export function swatch(scenario) {
  const made = el("span", { class: "swatch", "data-dash": dashOf(scenario), "aria-hidden": "true" });
  made.style.color = onGround(colorOf(scenario));
  return made;
}

export function keys(scenarios) {
  if (scenarios.length < 2) {
    return el("div", { class: "keys" }, el("span", {}, "line: median; bands: half and 90 % of the subjects; dotted: read-out visit"));
  }
  return el("div", { class: "keys listed" }, scenarios.map((one) => el("span", {}, swatch(one), `${one.id}: ${one.prescription?.text ?? one.study.regimen}`)));
}
