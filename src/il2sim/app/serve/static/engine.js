// Asking the server: at once while a slider moves, then again with more subjects.

import { client, fetchJson, post } from "./api.js";
import { changed, message, state } from "./state.js";

const SUBJECTS = 100;
const WITHIN_MS = 200;
const CALM_MS = 700;
const SWEEP = [0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const needsSweep = () => state.view === "response" || state.view === "plane";
const viewOf = () => (state.view === "receptors" ? "receptors" : "courses");

// One question at a time for each scenario; what came meanwhile is asked afterwards.
export async function ask(scenario) {
  scenario.version += 1;
  clearTimeout(scenario.calm);
  if (scenario.refining) scenario.refining = null;
  if (scenario.asking) { scenario.again = true; return; }
  scenario.asking = true;
  const view = viewOf();
  try {
    do {
      scenario.again = false;
      await askOnce(scenario, view);
    } while (scenario.again);
    if (needsSweep()) await askSweep(scenario);
  } finally {
    scenario.asking = false;
  }
  if (scenario.again) { ask(scenario); return; }
  if (!scenario.error) scenario.calm = setTimeout(() => refine(scenario, view), CALM_MS);
}

async function askOnce(scenario, view) {
  const scale = view === "receptors" ? "absolute" : state.scale;
  const began = performance.now();
  try {
    const answer = await post("/api/answers", { scenario: message(scenario), view, scale, subjects: SUBJECTS, within_ms: WITHIN_MS, client: `${client}-${scenario.id}` });
    answer.waited_ms = performance.now() - began;
    scenario.answers = { ...(view === "receptors" ? scenario.answers : {}), [view]: answer };
    scenario.error = null;
  } catch (error) {
    if (error.code === 409) return;
    scenario.error = error;
    if (error.code === 503) setTimeout(() => ask(scenario), 1000);
  }
  changed("answer");
}

async function askSweep(scenario) {
  const key = JSON.stringify({ ...message(scenario), dose: 1 });
  if (scenario.sweep?.key === key || scenario.error) return;
  try {
    const found = await post("/api/sweeps", { scenario: { ...message(scenario), dose: 1 }, factors: SWEEP, subjects: 24, client: `${client}-${scenario.id}` });
    scenario.sweep = { ...found, key };
    changed("answer");
  } catch (error) {
    if (error.code !== 409) { scenario.error = error; changed("answer"); }
  }
}

async function refine(scenario, view) {
  const version = scenario.version;
  const subjects = Math.min(scenario.study.subjects ?? 1000, state.facts.limits.background_subjects);
  const scale = view === "receptors" ? "absolute" : state.scale;
  const isMine = () => scenario.version === version && state.scenarios.includes(scenario);
  try {
    let work = await post("/api/refinements", { scenario: message(scenario), view, scale, subjects, client: `${client}-${scenario.id}` });
    while (isMine() && (work.state === "waiting" || work.state === "running")) {
      scenario.refining = work;
      changed("progress");
      await new Promise((done) => setTimeout(done, 400));
      work = await fetchJson(`/api/refinements/${work.id}`);
    }
    if (!isMine()) return;
    scenario.refining = null;
    if (work.state === "done") scenario.answers = { ...scenario.answers, [view]: { ...work.answer, refined: true } };
    if (work.state === "failed") scenario.error = { text: work.text };
    changed("answer");
  } catch (error) {
    if (isMine()) { Object.assign(scenario, { refining: null, error }); changed("progress"); }
  }
}

// What the view that was just opened still lacks.
export function complete() {
  for (const scenario of state.scenarios) {
    const lacks = !scenario.answers[viewOf()];
    if (lacks) ask(scenario);
    else if (needsSweep()) askSweep(scenario);
  }
}
