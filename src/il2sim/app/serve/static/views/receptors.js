// Receptors of each cell type: how many hold IL-2, and the signal they give.

import { bandTraces, draw, layout } from "../charts.js";
import { choice } from "../choices.js";
import { el } from "../dom.js";
import { active, changed, fineDays, state } from "../state.js";
import { onGround } from "../theme.js";

const READ = [
  ["CD25 occupied", "CD25", (cell) => `CD25 of ${cell} occupied`],
  ["CD122 occupied", "CD122", (cell) => `CD122 of ${cell} occupied`],
  ["pSTAT5, of its most", "pSTAT5", (cell) => `pSTAT5 of ${cell}`],
];
const colorOf = (signal) => state.facts.signals[signal];
let cards = new Map(), top = null;

export function build(panel) {
  cards = new Map();
  top = el("div", { class: "choices" });
  const grid = el("div", { class: "grid" });
  for (const cell of state.facts.cells) {
    const chart = el("div", { class: "chart", role: "img", "aria-label": `Receptors of ${cell} over time` });
    cards.set(cell, chart);
    grid.append(el("article", { class: "card" }, el("h3", {}, cell), el("p", { class: "sub" }, "CD25, CD122: cells facing plasma; pSTAT5: mean of all"), chart));
  }
  panel.append(top, grid);
}

export function update() {
  const answer = active().answers.receptors;
  const key = el("div", { class: "keys" }, READ.map(([text, signal]) => {
    const mark = el("span", { class: "swatch", "aria-hidden": "true" });
    mark.style.color = onGround(colorOf(signal));
    return el("span", {}, mark, text);
  }), el("span", {}, "bands: 90 % of the subjects"));
  const { study } = active();
  const fine = fineDays(active());
  const missed = state.days === "fine" ? "" : el("span", { class: "quiet" }, `from day ${fine} on one record every ${study.record_every_h ?? 24} h: peaks between are missed`);
  top.replaceChildren(choice("Days", [["fine", `first ${fine}, recorded finely`], [14, "first 14"], [null, "all"]], state.days, (value) => { state.days = value; changed("choice"); }), key, missed,
    state.scenarios.length > 1 ? el("span", { class: "quiet" }, `of scenario ${active().id}`) : "");
  if (!answer) return;
  const last = Math.min((state.days === "fine" ? fine : state.days) ?? Infinity, answer.times_d.at(-1));
  for (const [cell, chart] of cards) {
    const traces = READ.flatMap(([text, signal, name]) => {
      const band = answer.bands[name(cell)];
      return band ? bandTraces(answer.times_d, { ...band, q25: null }, colorOf(signal), { name: text, unit: " %" }) : [];
    });
    draw(chart, traces, layout({ title: "days since the first dose", range: [0, last] }, { title: "% of receptors, of signal", range: [0, 102] }));
  }
}
