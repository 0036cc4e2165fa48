// Time courses: one small chart for each population, with published values below.

import { bandTraces, draw, folds, foldRange, layout, rule } from "../charts.js";
import { choice, keys } from "../choices.js";
import { el, unitShown } from "../dom.js";
import { chip } from "../sources.js";
import { active, changed, colorOf, dashOf, fineDays, isTouched, state, verdictOf } from "../state.js";
import { ground, onGround } from "../theme.js";

let cards = new Map();
let top = null;

export function build(panel) {
  cards = new Map();
  top = el("div", { class: "choices" });
  const grid = el("div", { class: "grid" });
  for (const name of state.facts.shown) {
    const chart = el("div", { class: "chart", role: "img", "aria-label": `${name} over time` });
    const sub = el("p", { class: "sub" });
    const below = el("div", { class: "below chips" });
    const card = el("article", { class: "card" }, el("h3", {}, name), sub, chart, below);
    cards.set(name, { card, chart, sub, below });
    grid.append(card);
  }
  panel.append(top, grid);
}

export function update() {
  const ready = state.scenarios.filter((one) => one.answers.courses);
  top.replaceChildren(
    choice("Shown as", [["fold", "fold over rest"], ["absolute", "counts"]], state.scale, (value) => {
      state.scale = value;
      changed("scale");
    }),
    choice("At", [["drawn", "blood draws before a dose"], ["all", "every recorded time"]], state.records, (value) => {
      state.records = value;
      changed("choice");
    }),
    keys(ready),
  );
  if (!ready.length) return;
  for (const [name, parts] of cards) updateCard(name, parts, ready);
}

function updateCard(name, parts, ready) {
  const having = ready.filter((one) => one.answers.courses.bands[name]);
  parts.card.hidden = !having.length;
  if (!having.length) return;
  const band = having[0].answers.courses.bands[name];
  const isFluid = state.facts.fluids.includes(name);
  const isLevel = state.facts.never_folds.includes(name);
  const isFold = !isLevel && band.unit === "1";
  const unit = isFold ? "×" : ` ${unitShown(band.unit)}`;
  const alone = ready.length === 1;
  const traces = having.flatMap((one) => {
    const { bands, times_d } = one.answers.courses;
    const places = isFluid ? finely(one) : isLevel || state.records === "all" ? null : one.answers.courses.drawn;
    const color = alone ? state.facts.colors[name] : colorOf(one);
    return bandTraces(picked(times_d, places), pickedBand(bands[name], places), color, {
      name: alone ? "median" : one.id, dash: alone ? "solid" : dashOf(one), wide: alone || one === active(), unit,
    });
  });
  const shape = layout(
    { title: "days since the first dose", range: [0, isFluid ? Math.max(...having.map(fineDays)) : Math.max(...having.map((one) => one.answers.courses.times_d.at(-1)))] },
    isFold ? folds(limits(having, name)) : { title: unitShown(band.unit) || `${name} [1]`, rangemode: "tozero" },
    { shapes: [...(isFold ? [rule(1)] : []), rule(active().answers.courses?.end_d ?? 0, "x", "dot"), ...ranges(name, isFold)] },
  );
  parts.sub.textContent = isFluid ? `${band.meaning}, ${unitShown(band.unit)}; while it is recorded finely` : isFold ? "fold over each subject's own rest" : [band.meaning, unitShown(band.unit)].filter(Boolean).join(", ");
  draw(parts.chart, traces, shape);
  parts.below.replaceChildren(...published(name).map(publishedChip));
}

// Fluids are followed while they are recorded finely: later only troughs are kept.
const finely = (one) => one.answers.courses.times_d.flatMap((day, i) => (day <= fineDays(one) + 1e-9 ? [i] : []));

const picked = (values, places) => (places ? places.map((i) => values[i]) : values);

function pickedBand(band, places) {
  if (!places) return band;
  const rows = ["q05", "q25", "median", "q75", "q95"].map((row) => [row, picked(band[row], places)]);
  return { ...band, ...Object.fromEntries(rows) };
}

function limits(having, name) {
  const seen = having.flatMap((one) => {
    const places = state.records === "all" ? null : one.answers.courses.drawn;
    const band = pickedBand(one.answers.courses.bands[name], places);
    return [...band.q05, ...band.q95, ...band.median];
  });
  const bounds = published(name).flatMap((row) => [row.published.low, row.published.high]);
  return foldRange([...seen, ...bounds]);
}

function published(name) {
  const answer = active().answers.courses;
  return (answer?.published ?? []).filter((row) => row.name === name);
}

function ranges(name, isFold) {
  const { ink } = ground();
  const days = active().study.days;
  return published(name).filter((row) => isFold === row.endpoint.includes("fold")).flatMap((row) => {
    const { low, high } = row.published;
    const end = active().answers.courses.end_d;
    const peak = row.endpoint.startsWith("peak");
    const from = row.day ?? row.from_day ?? (peak ? 0 : end);
    const until = row.day ?? row.until_day ?? (peak ? days : end);
    const wide = Math.max(until - from, 0.02 * days);
    return [low, high].filter((side) => side != null).map((side) => ({
      type: "line", x0: from - (wide > until - from ? wide / 2 : 0), x1: from + wide, y0: side, y1: side,
      line: { color: onGround(ink), width: 2 },
    }));
  });
}

function publishedChip(row) {
  const why = isTouched(active()) ? "published for the study's own regimen" : "";
  return chip(`published ${row.endpoint} ${row.shown}`, row.published.evidence, verdictOf(active(), row), [row.note, why].filter(Boolean).join("; "));
}
