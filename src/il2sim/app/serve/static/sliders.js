// Sliders: what they are called, how far they go, and what they say.

import { byId, el, shown, unitShown } from "./dom.js";
import { showSources } from "./sources.js";
import { active, changed, state } from "./state.js";

const INTERVALS = [null, 4, 6, 8, 12, 24, 48, 72, 96, 120, 168, 336, 672];
const WORDS = { 24: "daily", 48: "every 2 days", 72: "every 3 days", 96: "every 4 days", 120: "every 5 days", 168: "weekly", 336: "every 2 weeks", 672: "every 4 weeks" };

const times = (factor) => (Math.abs(factor - 1) < 1e-9 ? "×1" : factor > 1 ? `× ${shown(factor)}` : `÷ ${shown(1 / factor)}`);

const POWERS = [
  { name: "dose", label: "Dose", least: -2, most: 1, step: 0.05, marks: [["÷100", -2], ["÷10", -1], ["×1", 0], ["×10", 1]] },
  { name: "kd_cd25", label: "Affinity for CD25", least: -2, most: 2, step: 0.1, turned: true, marks: [["weaker", -2], ["×1", 0], ["stronger", 2]] },
  { name: "kd_cd122", label: "Affinity for CD122:γc", least: -2, most: 2, step: 0.1, turned: true, marks: [["weaker", -2], ["×1", 0], ["stronger", 2]] },
  { name: "half_life", label: "Half-life (kidney)", least: -1, most: 2, step: 0.1, marks: [["shorter", -1], ["×1", 0], ["longer", 2]] },
];

const parts = new Map();

export function startSliders() {
  const [dose, ...others] = POWERS.map(made);
  byId("sliders").replaceChildren(dose, interval());
  byId("molecule").append(...others);
  byId("molecule").open = matchMedia("(min-width: 821px)").matches;
}

const factorOf = (power, at) => {
  const factor = 10 ** (power.turned ? -at : at);
  return Number(factor.toPrecision(4));
};

function made(power) {
  const { name, label } = power;
  const input = el("input", { id: `slider-${name}`, type: "range", min: power.least, max: power.most, step: power.step, "aria-describedby": `value-${name}` });
  const output = el("output", { id: `value-${name}`, for: `slider-${name}` });
  const put = (at) => {
    active()[name] = factorOf(power, at);
    show(name);
    changed("scenario");
  };
  input.addEventListener("input", () => put(Number(input.value)));
  const ends = el("div", { class: "ends" }, power.marks.map(([text, at]) => el("button", { type: "button", onclick: () => put(at), "aria-label": `${label}: ${text}` }, text)));
  const moved = state.facts.sliders[name];
  const more = moved ? el("button", { type: "button", class: "ask", "aria-label": `What “${label}” changes, and its sources`, title: "what it changes, and its sources", onclick: () => explain(label, moved) }, "?") : null;
  if (more) ends.append(more);
  parts.set(name, { input, output, power });
  return el("div", { class: "slider" }, el("label", { for: `slider-${name}` }, label), output, input, ends);
}

function interval() {
  const input = el("input", { id: "slider-every_h", type: "range", min: 0, max: INTERVALS.length - 1, step: 1, "aria-describedby": "value-every_h" });
  const output = el("output", { id: "value-every_h", for: "slider-every_h" });
  const put = (at) => {
    active().every_h = INTERVALS[at];
    show("every_h");
    changed("scenario");
  };
  input.addEventListener("input", () => put(Number(input.value)));
  const marks = [["own", 0], ["daily", 5], ["3 days", 7], ["weekly", 10]];
  parts.set("every_h", { input, output });
  return el("div", { class: "slider" }, el("label", { for: "slider-every_h" }, "Interval between doses"), output, input,
    el("div", { class: "ends" }, marks.map(([text, at]) => el("button", { type: "button", onclick: () => put(at), "aria-label": `Interval: ${text}` }, text))));
}

function show(name) {
  const { input, output, power } = parts.get(name);
  const value = active()[name];
  if (name === "every_h") {
    input.value = Math.max(0, INTERVALS.indexOf(value));
    output.textContent = value == null ? "as prescribed" : WORDS[value] ?? `every ${value} h`;
    input.setAttribute("aria-valuetext", output.textContent);
    return;
  }
  const at = Math.log10(value);
  input.value = power.turned ? -at : at;
  output.textContent = sayOf(name, value);
  input.setAttribute("aria-valuetext", output.textContent);
}

function sayOf(name, value) {
  const moved = state.facts.sliders[name]?.[0];
  if (name === "dose") return `${times(value)}${amountOf(active())}`;
  if (!moved) return times(value);
  if (name === "half_life") return times(value);
  return `${times(1 / value)}, ${shown(moved.value * value)} ${unitShown(moved.unit)}`;
}

function amountOf(scenario) {
  const first = scenario.prescription?.courses[0];
  if (!first) return "";
  const per = first.per === "flat" ? "" : `/${first.per === "m2" ? "m²" : first.per}`;
  return `: ${shown(first.amount)} ${first.unit}${per}`;
}

export function showSliders() {
  for (const name of parts.keys()) show(name);
  const first = active().prescription?.courses;
  const fixed = first?.every((one) => one.every_h == null && !one.weekdays.length) ?? false;
  const { input } = parts.get("every_h");
  input.disabled = fixed;
  if (fixed) parts.get("every_h").output.textContent = "continuous or once";
}

function explain(label, moved) {
  const keys = [...new Set(moved.flatMap((one) => one.keys))];
  const text = moved.map((one) => `${one.name}: ${one.meaning}, ${shown(one.value)} ${unitShown(one.unit)}`).join("; ");
  showSources(keys, `“${label}” multiplies in every subject: ${text}. A question, not a measurement.`);
}
