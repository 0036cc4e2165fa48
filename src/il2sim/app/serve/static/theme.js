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

const READABLE = 3; // of a line on its ground, WCAG 2.2, 1.4.11
const ready = new Map();

function luminance(color) {
  const linear = channels(color).map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function mixed(color, into, share) {
  const parts = channels(color).map((one) => Math.round(one + (into - one) * share));
  return `#${parts.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
}

// The palette of the figures, mixed with white or black as little as a weak eye needs.
export function onGround(color) {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return color;
  const name = `${isDark()}${color}`;
  if (!ready.has(name)) {
    const { paper } = ground();
    let share = 0;
    while (share < 1 && contrast(mixed(color, isDark() ? 255 : 0, share), paper) < READABLE) share += 0.01;
    ready.set(name, mixed(color, isDark() ? 255 : 0, share));
  }
  return ready.get(name);
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
