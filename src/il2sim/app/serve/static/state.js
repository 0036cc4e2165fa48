// Up to four scenarios; one is edited, all are drawn.

export const MOST = 4;
export const NAMES = ["A", "B", "C", "D"];
export const DASHES = ["solid", "dash", "dot", "dashdot"];
export const NEUTRAL = { dose: 1, every_h: null, kd_cd25: 1, kd_cd122: 1, half_life: 1 };

export const state = {
  facts: null, published: [], scenarios: [], active: 0, view: "courses",
  scale: "fold", records: "drawn", endpoint: "end fold", effector: "CD8", quantity: "memory Treg", days: "fine",
};

const listeners = [];
export const onChange = (action) => listeners.push(action);
export const changed = (what) => listeners.forEach((action) => action(what));

export const active = () => state.scenarios[state.active];
export const colorOf = (scenario) => state.facts.scenarios[NAMES.indexOf(scenario.id)];
export const dashOf = (scenario) => DASHES[NAMES.indexOf(scenario.id)];

export function newScenario(from) {
  const taken = state.scenarios.map((one) => one.id);
  const id = NAMES.find((name) => !taken.includes(name));
  return {
    ...structuredClone(from), id, version: 0, answers: {}, sweep: null, shares: null,
    error: null, refining: null,
  };
}

export function fromStudy(name, study) {
  return { name, study: structuredClone(study), opened: structuredClone(study), ...NEUTRAL, prescription: null };
}

// What was edited since a study was opened is no longer what its published values are about.
const kept = ({ regimen, population, protocol }) => JSON.stringify([regimen, population, protocol?.rules ?? []]);
const isEdited = ({ study, opened }) => kept(study) !== kept(opened);

export function message(scenario) {
  const { dose, every_h, kd_cd25, kd_cd122, half_life, opened } = scenario;
  const study = isEdited(scenario) ? { published_for: opened.regimen, ...scenario.study } : scenario.study;
  return { study, dose, every_h, kd_cd25, kd_cd122, half_life };
}

export const isTouched = (scenario) => isEdited(scenario) || Boolean(scenario.study.published_for)
  || Object.entries(NEUTRAL).some(([name, value]) => scenario[name] !== value);

// How ours stands to a published value; without a word where that is about something else.
export const verdictOf = (scenario, row) => (row.agrees == null || isTouched(scenario) ? "open" : row.agrees ? "agrees" : "differs");

// How long a study is recorded finely, [d]; later peaks between two records are missed.
export const fineDays = ({ study }) => Math.min(study.days, study.record_finely_until_day ?? 3);
