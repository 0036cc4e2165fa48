// The prescription as text, as fields and as a timeline; the server reads it.

import { post } from "./api.js";
import { byId, el, later } from "./dom.js";
import { active, changed } from "./state.js";
import { showSliders } from "./sliders.js";
import { timeline } from "./timeline.js";

const UNITS = ["MIU", "kIU", "IU", "mg", "ug", "nmol"];
const PER = [["m2", "per m²"], ["kg", "per kg"], ["flat", "flat"]];
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

// Reads what the sliders make of the prescription; `typed` is the text before them.
// An answer that comes after a later question is dropped.
export async function readRegimen(scenario, typed = scenario.study.regimen) {
  const mine = scenario.asked = (scenario.asked ?? 0) + 1;
  const note = byId("regimen-note");
  try {
    const after = await post("/api/regimen", { text: typed, dose: scenario.dose, every_h: scenario.every_h });
    if (mine !== scenario.asked) return false;
    scenario.study.regimen = typed;
    scenario.prescription = after;
    scenario.wrongRegimen = null;
    if (scenario === active()) showRead(scenario);
    return true;
  } catch (error) {
    if (mine === scenario.asked && scenario === active()) {
      note.textContent = error.text;
      note.className = "note wrong";
      byId("regimen").setAttribute("aria-invalid", "true");
    }
    return false;
  }
}

function showRead(scenario) {
  const { prescription, study } = scenario;
  const note = byId("regimen-note");
  note.className = "note";
  const isMoved = scenario.dose !== 1 || scenario.every_h != null;
  note.textContent = isMoved ? `with the sliders: ${prescription.text}` : counted(prescription);
  byId("regimen").removeAttribute("aria-invalid");
  timeline(byId("timeline"), prescription, study);
  showSliders();
}

function counted({ doses, last_day }) {
  if (doses.length === 1) return "1 dose";
  return `${doses.length} doses, the last on day ${Math.round(last_day * 10) / 10}`;
}

export function startRegimen() {
  const field = byId("regimen");
  field.addEventListener("input", later(300, async () => {
    const scenario = active();
    if (await readRegimen(scenario, field.value)) {
      fillFields(scenario);
      changed("scenario");
    }
  }));
}

export async function showRegimen(scenario) {
  byId("regimen").value = scenario.study.regimen;
  await readRegimen(scenario);
  fillFields(scenario);
}

// The fields are those of the prescription as written, before the sliders.
async function fillFields(scenario) {
  let read;
  try {
    read = await post("/api/regimen", { text: scenario.study.regimen });
  } catch { return; }
  if (scenario !== active() || byId("courses").contains(document.activeElement)) return;
  byId("courses").replaceChildren(...read.courses.map((course, i) => fieldsOf(scenario, read.courses, i)));
}

function fieldsOf(scenario, courses, i) {
  const course = courses[i];
  const write = later(250, async () => {
    const text = courses.map(written).join("; ");
    byId("regimen").value = text;
    if (await readRegimen(scenario, text)) changed("scenario");
  });
  const set = (name, value) => { course[name] = value; write(); };
  const id = (name) => `course-${i}-${name}`;
  const field = (name, label, input) => el("div", { class: "field" }, el("label", { for: id(name) }, label), input);
  const number = (name, label, value, action) => field(name, label, el("input", { id: id(name), type: "number", min: "0", step: "any", value, oninput: (e) => action(Number(e.target.value)) }));
  const select = (name, label, options, value, action) => field(name, label, el("select", { id: id(name), onchange: (e) => action(e.target.value) },
    options.map(([one, text]) => el("option", { value: one, selected: one === value }, text))));
  const timing = [];
  if (course.every_h != null) timing.push(number("every", "every [h]", course.every_h, (value) => set("every_h", value)));
  if (course.n_doses != null) timing.push(number("count", "doses", course.n_doses, (value) => set("n_doses", Math.round(value))));
  if (course.length_h != null) timing.push(number("length", "for [days]", course.length_h / 24, (value) => set("length_h", value * 24)));
  if (course.over_h) timing.push(number("over", "over [min]", Math.round(course.over_h * 600) / 10, (value) => set("over_h", value / 60)));
  return el("div", { class: "fields" },
    number("amount", "dose", course.amount, (value) => set("amount", value)),
    select("unit", "unit", UNITS.map((one) => [one, one]), course.unit, (value) => set("unit", value)),
    select("per", "basis", PER, course.per, (value) => set("per", value)),
    select("route", "route", [["sc", "under the skin"], ["iv", "into a vein"]], course.route, (value) => set("route", value)),
    timing);
}

const length = (hours) => (hours % 24 === 0 ? `${hours / 24} days` : hours >= 1 ? `${hours} h` : `${hours * 60} min`);
const moment = (hours) => (hours % 24 === 0 ? `day ${hours / 24}` : `hour ${hours}`);

// One course in the words of a prescription; the server reads it back.
export function written(course, i) {
  const per = course.per === "flat" ? "" : `/${course.per}`;
  const rate = { 24: "/day", 1: "/h" }[course.rate_h] ?? "";
  const parts = [`${course.alongside ? "plus " : i ? "then " : ""}${course.product} ${course.amount} ${course.unit}${per}${rate} ${course.route}`];
  if (course.rate_h != null) parts[0] += " continuous";
  else if (course.over_h) parts[0] += ` over ${length(course.over_h)}`;
  if (course.every_h != null) parts.push(`every ${length(course.every_h)}`);
  else if (course.weekdays.length) parts.push(`on ${course.weekdays.map((day) => DAYS[day]).join(" ")}`);
  else if (course.rate_h == null) parts.push("once");
  if (course.n_doses != null && (course.every_h != null || course.weekdays.length)) parts.push(`${course.n_doses} doses`);
  if (course.length_h != null) parts.push(`for ${length(course.length_h)}`);
  const [begin, ...again] = course.starts_h;
  if (begin || i) parts.push(`from ${moment(begin)}`);
  return [parts.join(", "), ...again.map((start) => `again from ${moment(start)}`)].join("; ");
}
