// The rules of a protocol, one a line: what holds, skips, reduces or stops doses.

import { postForText } from "./api.js";
import { byId, later } from "./dom.js";
import { active, changed, message } from "./state.js";

const linesOf = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

export function startRules() {
  const field = byId("rules");
  field.addEventListener("input", later(500, () => readRules(active(), linesOf(field.value))));
}

export function showRules(scenario) {
  const rules = scenario.study.protocol?.rules ?? [];
  byId("rules").value = rules.join("\n");
  tell(scenario);
}

// The server reads them; what it does not understand changes nothing.
async function readRules(scenario, rules) {
  const before = scenario.study;
  const { protocol, ...rest } = before;
  const clauses = { ...protocol, rules };
  const isPlain = !rules.length && Object.keys(clauses).length === 1;
  const study = isPlain ? rest : { ...rest, protocol: clauses };
  try {
    await postForText("/api/study", { ...message({ ...scenario, study }) });
  } catch (error) {
    tell(scenario, error.text);
    return;
  }
  if (scenario.study !== before) return; // another study was chosen meanwhile
  scenario.study = study;
  tell(scenario);
  changed("scenario");
}

function tell(scenario, wrong = "") {
  if (scenario !== active()) return;
  const { rules = [], visits = [], repeat, rescue, missed, dropout } = scenario.study.protocol ?? {};
  const also = Object.entries({ repeat, rescue, missed, dropout }).filter(([, said]) => said).map(([name, said]) => `${name} ${said}`);
  const note = byId("rules-note");
  note.textContent = wrong || [...also, ...visits.map((one) => `visit ${one}`)].join("; ");
  note.className = wrong ? "note wrong" : "note";
  byId("rules").setAttribute("aria-invalid", String(Boolean(wrong)));
  byId("rules-count").textContent = rules.length ? ` (${rules.length})` : "";
}
