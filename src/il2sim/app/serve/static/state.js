// Up to four scenarios; one is edited, all are drawn.

export const MOST = 4;
export const NAMES = ["A", "B", "C", "D"];
export const COLORS = ["#0B4F8A", "#E08A00", "#7B2D8B", "#23A377"];
export const DASHES = ["solid", "dash", "dot", "dashdot"];
export const NEUTRAL = { dose: 1, every_h: null, kd_cd25: 1, kd_cd122: 1, half_life: 1 };

export const state = {
  facts: null, published: [], scenarios: [], active: 0, view: "courses",
  scale: "fold", records: "drawn", endpoint: "end fold", effector: "CD8", quantity: "memory Treg", days: 3,
};

const listeners = [];
export const onChange = (action) => listeners.push(action);
export const changed = (what) => listeners.forEach((action) => action(what));

export const active = () => state.scenarios[state.active];
export const colorOf = (scenario) => COLORS[NAMES.indexOf(scenario.id)];
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
  return { name, study: structuredClone(study), ...NEUTRAL, prescription: null };
}

export function message(scenario) {
  const { study, dose, every_h, kd_cd25, kd_cd122, half_life } = scenario;
  return { study, dose, every_h, kd_cd25, kd_cd122, half_life };
}

export const isTouched = (scenario) =>
  Object.entries(NEUTRAL).some(([name, value]) => scenario[name] !== value);
