// The page: choose, move, look. Each view draws what the server answered.

import { fetchJson, post, postFile, postForText } from "./api.js";
import { forget } from "./charts.js";
import { swatch } from "./choices.js";
import { byId, el, shown } from "./dom.js";
import { ask, complete } from "./engine.js";
import { readRegimen, showRegimen, startRegimen } from "./regimen.js";
import { showRules, startRules } from "./rules.js";
import { showSliders, startSliders } from "./sliders.js";
import { chip } from "./sources.js";
import { active, changed, fromStudy, message, MOST, NEUTRAL, newScenario, onChange, state } from "./state.js";
import { onTheme, startTheme } from "./theme.js";
import * as compare from "./views/compare.js";
import * as courses from "./views/courses.js";
import * as plane from "./views/plane.js";
import * as receptors from "./views/receptors.js";
import * as response from "./views/response.js";
import * as runs from "./views/runs.js";
import * as shares from "./views/shares.js";

const VIEWS = [
  ["courses", "Time courses", courses], ["response", "Dose-response", response], ["plane", "Treg against effectors", plane],
  ["receptors", "Receptors", receptors], ["shares", "Attribution", shares], ["compare", "Numbers", compare], ["runs", "Runs", runs],
];
const FIRST = "daily-low-dose-cancer";
let shownView = null;
let uploads = 0;

async function start() {
  startTheme();
  watchStatus();
  state.facts = await fetchJson("/api/facts");
  state.published = await fetchJson("/api/published");
  fillChoices();
  startSliders();
  startRegimen();
  startRules();
  startTabs();
  startActions();
  onChange(onWhatChanged);
  onTheme(() => { shownView = null; showView(); });
  const first = state.facts.studies.find((one) => one.name === FIRST) ?? state.facts.studies[0];
  state.scenarios.push(newScenario(fromStudy(first.name, first.study)));
  showScenario();
  showView();
  document.body.classList.remove("starting");
  ask(active());
}

async function watchStatus() {
  const pill = byId("status");
  try {
    const status = await fetchJson("/api/status");
    pill.textContent = status.stage;
    pill.dataset.state = status.ready ? "ready" : "busy";
    setTimeout(watchStatus, status.ready ? 5000 : 700);
  } catch {
    pill.textContent = "server stopped";
    pill.dataset.state = "wrong";
    setTimeout(watchStatus, 2000);
  }
}

function fillChoices() {
  byId("study").replaceChildren(...state.facts.studies.map((one) => el("option", { value: one.name }, one.study.title)));
  byId("population").replaceChildren(...state.facts.populations.map((one) => el("option", { value: one.name }, one.meaning)));
  byId("product").replaceChildren(...state.facts.products.map((one) => el("option", { value: one.name, disabled: Boolean(one.why_not) },
    `${one.name} (${one.variant})${one.why_not ? ": binding not known" : ""}`)));
  byId("product").addEventListener("change", (event) => changeProduct(event.target.value));
  byId("study").addEventListener("change", (event) => {
    const chosen = state.facts.studies.find((one) => one.name === event.target.value);
    if (chosen) replaceActive(fromStudy(chosen.name, chosen.study));
  });
  byId("population").addEventListener("change", (event) => {
    active().study.population = event.target.value;
    changed("scenario");
  });
}

async function changeProduct(name) {
  const scenario = active();
  if (!scenario.prescription) await readRegimen(scenario); // chosen before the study's own was read
  if (scenario !== active()) return;
  const known = state.facts.products.map((one) => one.name);
  const old = scenario.prescription?.courses.map((one) => one.product).filter((one) => known.includes(one)) ?? []; // cells stay
  const text = [...new Set(old)].reduce((now, product) => now.replaceAll(product, name), scenario.study.regimen);
  byId("regimen").value = text;
  if (await readRegimen(scenario, text)) changed("scenario");
  showProduct();
}

function showProduct() {
  const given = active().prescription?.courses.map((one) => one.product) ?? [];
  const product = state.facts.products.find((one) => given.includes(one.name));
  byId("product").value = product?.name ?? "";
  byId("product-note").textContent = product?.in_iu === false ? "Its IU per mg are not known: give doses in mg or nmol." : "";
}

function replaceActive(fresh) {
  const place = state.active;
  const { id } = state.scenarios[place];
  state.scenarios.splice(place, 1);
  const made = { ...newScenario(fresh), id };
  state.scenarios.splice(place, 0, made);
  showScenario();
  ask(made);
}

function showScenario() {
  const scenario = active();
  const { study } = scenario;
  byId("study").value = scenario.name;
  byId("population").value = study.population;
  byId("question").textContent = study.question;
  const sources = (study.sources ?? []).filter((key) => /^[EV]\d+$/.test(key));
  byId("study-sources").replaceChildren(sources.length ? chip("sources", sources, "", (study.notes ?? []).join(" ")) : "");
  showTabsOfScenarios();
  showSliders();
  showRules(scenario);
  showRegimen(scenario).then(showProduct);
}

function showTabsOfScenarios() {
  const buttons = state.scenarios.map((one, i) => el("button", {
    type: "button", class: "scenario", "aria-pressed": String(i === state.active), onclick: () => { state.active = i; showScenario(); changed("choice"); },
  }, swatch(one), one.id));
  const more = state.scenarios.length < MOST
    ? el("button", { type: "button", id: "add", onclick: addScenario, title: "Copy this scenario and change the copy" }, "+ compare") : null;
  const less = state.scenarios.length > 1 ? el("button", { type: "button", id: "remove", onclick: removeScenario, "aria-label": `Remove scenario ${active().id}` }, `✕ ${active().id}`) : null;
  byId("scenarios").replaceChildren(...buttons, ...[more, less].filter(Boolean));
}

function addScenario() {
  const { name, study, opened, prescription, answers, sweep } = active();
  const sliders = Object.fromEntries(Object.keys(NEUTRAL).map((slider) => [slider, active()[slider]]));
  const copy = { ...newScenario({ name, study, opened, prescription, ...sliders }), answers: { ...answers }, sweep };
  state.scenarios.push(copy);
  state.active = state.scenarios.length - 1;
  showScenario();
  changed("choice");
}

function removeScenario() {
  const [gone] = state.scenarios.splice(state.active, 1);
  clearTimeout(gone.calm);
  state.active = Math.max(0, state.active - 1);
  showScenario();
  changed("choice");
}

function onWhatChanged(what) {
  if (what === "scenario") {
    readRegimen(active());
    ask(active());
  } else if (what === "scale") {
    state.scenarios.forEach(ask);
  }
  if (what !== "progress") drawSoon();
  showProgress();
}

let waiting = 0;
function drawSoon() {
  if (waiting) return;
  waiting = requestAnimationFrame(() => { waiting = 0; showView(); });
}

function showProgress() {
  const told = state.scenarios.map((one) => {
    const answer = one.answers[state.view === "receptors" ? "receptors" : "courses"];
    if (!answer) return "";
    const of = state.scenarios.length > 1 ? `${one.id}: ` : "";
    if (one.refining) return `${of}${answer.subjects} subjects; refining, ${one.refining.done} of ${one.refining.total}`;
    const run = of ? "" : ` (tolerance ${answer.tolerance}, run ${answer.key.slice(0, 8)})`;
    const how = answer.refined ? `${answer.subjects} subjects, refined${run}` : `${answer.subjects} subjects in ${Math.round(answer.waited_ms ?? answer.took_ms)} ms`;
    return of + how + (answer.failed ? `; ${answer.failed} not solved` : "");
  }).filter(Boolean);
  byId("progress").textContent = told.join("  ·  ") || "waiting for the first answer …";
  byId("readout").textContent = readout(active());
  const { error } = active();
  byId("problem").hidden = !error || error.code === 503;
  if (error) byId("problem").textContent = error.text;
  byId("panel").classList.toggle("is-old", Boolean(error));
}

// For narrow windows, where charts are out of sight while a slider moves.
function readout({ id, answers }) {
  if (!answers.courses) return "";
  const { endpoints, end_d } = answers.courses;
  const told = ["Treg", "CD8", "NK"].filter((name) => endpoints[name]).map((name) => `${name} ${shown(endpoints[name]["end fold"].median)}×`);
  return `${id}, day ${shown(end_d)}: ${told.join(", ")}`;
}

function startTabs() {
  byId("tabs").replaceChildren(...VIEWS.map(([name, text]) => el("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel", onclick: () => openView(name),
  }, text)));
  byId("tabs").addEventListener("keydown", (event) => {
    const at = VIEWS.findIndex(([name]) => name === state.view);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: VIEWS.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    openView(VIEWS.at(next % VIEWS.length)[0]);
    byId(`tab-${state.view}`).focus();
  });
}

function openView(name) {
  state.view = name;
  showView();
  showProgress();
  if (name !== "runs") complete();
}

function showView() {
  const [name, , view] = VIEWS.find(([one]) => one === state.view);
  if (shownView !== name) {
    VIEWS.forEach(([, , one]) => one.leave?.());
    byId("panel").querySelectorAll(".chart").forEach(forget);
    byId("panel").replaceChildren();
    byId("panel").setAttribute("aria-labelledby", `tab-${name}`);
    view.build(byId("panel"));
    shownView = name;
    for (const [one] of VIEWS) {
      const tab = byId(`tab-${one}`);
      tab.setAttribute("aria-selected", String(one === name));
      tab.tabIndex = one === name ? 0 : -1;
    }
  }
  view.update();
}

function startActions() {
  byId("download").addEventListener("click", () => attempt(async () => {
    const text = await postForText("/api/study", message(active()));
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "application/toml" })), download: "my-study.toml" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }));
  byId("run").addEventListener("click", () => attempt(async () => {
    await post("/api/runs", { scenario: message(active()) });
    openView("runs");
  }));
  byId("upload").addEventListener("change", (event) => attempt(async () => {
    const [file] = event.target.files;
    if (!file) return;
    const turn = ++uploads;
    const study = await postFile("/api/study/read", await file.text());
    event.target.value = "";
    if (turn === uploads) replaceActive(fromStudy("", study)); // the last file wins
  }));
}

async function attempt(action) {
  try {
    active().error = null;
    await action();
  } catch (error) {
    active().error = error.text ? error : Object.assign(error, { text: String(error) });
  }
  showProgress();
}

start().catch((error) => {
  document.body.classList.remove("starting");
  byId("problem").hidden = false;
  byId("problem").textContent = error.text ?? `The page could not start: ${error}`;
});
