// Attribution: which processes made the change of a population, and where IL-2 went.

import { post, client } from "../api.js";
import { draw, layout, rule } from "../charts.js";
import { choice } from "../choices.js";
import { el } from "../dom.js";
import { active, changed, message, state } from "../state.js";
import { ground, onGround } from "../theme.js";

const QUANTITIES = ["naive Treg", "memory Treg", "CD4 Tconv", "CD8", "NK dim", "NK bright", "IL-2"];
const NARROW = 400; // [px]
let place = null, bars = null, top = null, note = null;

export function build(panel) {
  top = el("div", { class: "choices" });
  note = el("p", { class: "sub" });
  place = el("div", { class: "chart tall", role: "img", "aria-label": "Shares of the change over time" });
  bars = el("div", { class: "chart tall", role: "img", "aria-label": "Shares of the change at the read-out visit" });
  panel.append(top, el("article", { class: "card" }, el("h3", {}, "What made the change"), note, el("div", { class: "pair" }, place, bars)));
}

export function update() {
  const scenario = active();
  top.replaceChildren(choice("Of", QUANTITIES.map((one) => [one, one]), state.quantity, (value) => { state.quantity = value; changed("choice"); }),
    state.scenarios.length > 1 ? el("span", { class: "quiet" }, `of scenario ${scenario.id}`) : "");
  const wanted = JSON.stringify({ ...message(scenario), quantity: state.quantity });
  if (scenario.shares?.key === wanted) show(scenario.shares);
  else askShares(scenario, wanted);
}

async function askShares(scenario, key) {
  if (scenario.sharing) return;
  scenario.sharing = true;
  note.textContent = `asking for ${state.quantity}; the first time takes some seconds …`;
  try {
    const found = await post("/api/shares", { scenario: message(scenario), quantity: state.quantity, subjects: 24, client: `${client}-${scenario.id}` });
    scenario.shares = { ...found, key };
  } catch (error) {
    if (error.code !== 409) note.textContent = error.text;
    if (error.code !== 503) return;
    await new Promise((done) => setTimeout(done, 1000));
  } finally {
    scenario.sharing = false;
  }
  changed("choice");
}

const short = (name) => (name.startsWith(`${state.quantity}: `) ? name.slice(state.quantity.length + 2) : name);

function show(found) {
  const isCells = found.quantity !== "IL-2";
  const unit = isCells ? "×" : " %";
  note.textContent = isCells
    ? `mean shares of the change of the fold, ${found.subjects} subjects; they sum to the change of every subject; whiskers 5–95 %`
    : `mean shares of all that was given, ${found.subjects} subjects; whiskers 5–95 %`;
  const { ink } = ground();
  const names = Object.keys(found.parts);
  const traces = names.map((name) => ({
    x: found.times_d, y: found.parts[name], name: short(name), mode: "lines", line: { width: 2, color: onGround(found.colors[name]) },
    hovertemplate: `${short(name)}: %{y:.3g}${unit}<extra></extra>`,
  }));
  traces.push({ x: found.times_d, y: found.change, name: "change, their sum", mode: "lines", line: { width: 3, color: ink, dash: "dash" }, hovertemplate: `change: %{y:.3g}${unit}<extra></extra>` });
  const title = isCells ? "share of the change, folds of rest" : "% of all doses";
  draw(place, traces, layout({ title: "days since the first dose" }, { title, zeroline: true, zerolinecolor: ground().faint }, {
    shapes: [rule(found.end_d, "x", "dot")],
  }));
  const rows = found.table.toReversed();
  const colorAt = (name) => (names.includes(name) ? onGround(found.colors[name]) : ink);
  draw(bars, rows.map((one) => ({
    type: "bar", orientation: "h", x: [one.mean], y: [names.includes(one.share) ? short(one.share) : "change, their sum"], marker: { color: colorAt(one.share) },
    error_x: { type: "data", symmetric: false, array: [one.q95 - one.mean], arrayminus: [one.mean - one.q05], color: ink, thickness: 1.2, width: 3 },
    hovertemplate: `%{y}: %{x:.3g}${unit}<extra></extra>`,
  })), layout({ title: `${isCells ? "folds of rest" : "% of all doses"}, day ${found.end_d}` }, { title: "", automargin: true }, { barmode: "overlay", hovermode: "closest", margin: { l: bars.clientWidth < NARROW ? 150 : 190, r: 14, t: 8, b: 44 } }));
}
