// Runs in folders: begin, watch, stop, go on, fetch.

import { fetchJson, post } from "../api.js";
import { el } from "../dom.js";

const REPORT = "report.html";
let place = null, timer = 0;

const WORDS = { waiting: "waits for its turn", running: "runs", done: "finished", stopped: "stopped; can go on", failed: "failed" };

export function build(panel) {
  place = el("div", { id: "runs" });
  panel.append(place);
  refresh();
}

export function update() { refresh(); }

export function leave() { clearTimeout(timer); }

export async function refresh() {
  clearTimeout(timer);
  if (!place?.isConnected) return;
  let runs = [];
  try {
    runs = await fetchJson("/api/runs");
  } catch (error) {
    place.replaceChildren(el("div", { class: "problem" }, error.text));
    timer = setTimeout(refresh, 3000);
    return;
  }
  const focused = document.activeElement?.dataset?.key;
  place.replaceChildren(...(runs.length ? runs.toReversed().map(card) : [empty()]));
  if (focused) place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  const busy = runs.some((one) => one.state === "running" || one.state === "waiting");
  timer = setTimeout(refresh, busy ? 500 : 4000);
}

function empty() {
  return el("div", { class: "empty" }, el("h3", {}, "No runs yet"),
    el("p", {}, "“Run in a folder” carries the scenario out with all its subjects, as the command line would: tables, figures, trajectories and the study file to run it again."));
}

function card(run) {
  const act = (text, what) => el("button", { type: "button", "data-key": `${run.id}/${what}`, onclick: () => post(`/api/runs/${encodeURIComponent(run.id)}/${what}`).then(refresh, refresh) }, text);
  const going = run.state === "running" || run.state === "waiting";
  const left = run.left_s == null ? "" : `, about ${Math.ceil(run.left_s)} s left`;
  const address = (file) => `/api/runs/${encodeURIComponent(run.id)}/files/${file.split("/").map(encodeURIComponent).join("/")}`;
  return el("article", { class: "work", "data-run": run.id, "data-state": run.state },
    el("header", {}, el("h3", {}, run.title || run.id), el("span", { class: "quiet" }, `${WORDS[run.state]}${left}`),
      going ? act("Stop", "stop") : null, run.state === "stopped" || run.state === "failed" ? act("Go on", "resume") : null),
    el("progress", { max: run.total, value: run.done, "aria-label": `subjects of ${run.title}` }),
    el("p", { class: "quiet small" }, `${run.done} of ${run.total} subjects; ${run.folder}`),
    run.text ? el("p", { class: "note" }, run.text) : null,
    el("div", { class: "chips" }, run.files.map((file) => el("a", { class: "chip", href: address(file), target: "_blank" }, file))),
    run.files.includes(REPORT) ? el("p", {}, el("a", { class: "button main", href: address(REPORT), target: "_blank" }, "Read the report")) : null);
}
