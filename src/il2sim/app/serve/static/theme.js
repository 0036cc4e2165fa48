// Light or dark: as the system says, until the reader chooses; kept in this browser only.

import { byId } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = [];

export const isDark = () => document.documentElement.dataset.theme === "dark";
export const onTheme = (action) => listeners.push(action);

function remembered() {
  try { return localStorage.getItem("il2sim-theme"); } catch { return null; }
}

function apply(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").setAttribute("aria-label", name === "dark" ? "Change to light" : "Change to dark");
  listeners.forEach((action) => action());
}

export function startTheme() {
  apply(remembered() || (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => { if (!remembered()) apply(system.matches ? "dark" : "light"); });
  byId("theme").addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    try { localStorage.setItem("il2sim-theme", next); } catch { /* private window */ }
    apply(next);
  });
}

function channels(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

// The palette is made for paper; on dark ground each color is mixed with white.
export function onGround(color) {
  if (!isDark() || !/^#[0-9a-f]{6}$/i.test(color)) return color;
  const mixed = channels(color).map((one) => Math.round(one + (255 - one) * 0.42));
  return `#${mixed.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
}

export function clear(color, share) {
  const [r, g, b] = channels(onGround(color));
  return `rgba(${r},${g},${b},${share})`;
}

export function ground() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return { ink: read("--ink"), faint: read("--faint"), line: read("--line"), paper: read("--paper") };
}
