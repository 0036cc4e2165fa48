// A prescription as a picture: every dose where it falls, infusions with their length.

import { svg } from "./dom.js";

const WIDTH = 340, HEIGHT = 64, LEFT = 6, RIGHT = 334, FLOOR = 44, TOP = 8;

export function timeline(place, prescription, study) {
  const days = Math.max(study.days, prescription.last_day, 1e-6);
  const x = (day) => LEFT + (RIGHT - LEFT) * day / days;
  const most = new Map(); // of each kind: cells and molecules have no common measure
  for (const { product, unit, amount } of prescription.doses) most.set(product + unit, Math.max(amount, most.get(product + unit) ?? 0));
  const height = (one) => Math.max(5, (FLOOR - TOP) * one.amount / most.get(one.product + one.unit));
  const marks = prescription.doses.map((one) => {
    const width = Math.max(1, x(one.hours / 24) - LEFT);
    return svg("rect", { x: x(one.day).toFixed(2), y: FLOOR - height(one), width: width.toFixed(2), height: height(one), fill: "var(--strong)" });
  });
  const ticks = tickDays(days).map((day) => svg("text", { x: x(day), y: HEIGHT - 6, "text-anchor": day === 0 ? "start" : day >= days * 0.97 ? "end" : "middle" }, day === 0 ? "day 0" : String(day)));
  const visit = svg("path", { d: `M${x(study.end_day)} ${TOP}V${FLOOR + 4}`, stroke: "var(--focus)", "stroke-width": 1.5, "stroke-dasharray": "3 2" });
  const first = prescription.doses[0];
  const label = `${prescription.doses.length} doses of ${first.product} over ${Math.round(prescription.last_day * 10) / 10} days; read-out visit on day ${study.end_day}`;
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, preserveAspectRatio: "none" },
    svg("path", { d: `M${LEFT} ${FLOOR}H${RIGHT}`, stroke: "var(--faint)" }), ...marks, visit, ...ticks);
  picture.setAttribute("preserveAspectRatio", "xMidYMid meet");
  place.replaceChildren(picture);
}

function tickDays(days) {
  const step = [1, 2, 5, 7, 14, 28, 56, 112, 182, 364].find((one) => days / one <= 6) ?? days;
  const found = [];
  for (let day = 0; day <= days + 1e-9; day += step) found.push(day);
  return found;
}
