// Sources, one click away.

import { fetchJson } from "./api.js";
import { byId, el } from "./dom.js";

export function chip(text, keys, verdict = "", note = "") {
  return el("button", {
    type: "button", class: `chip ${verdict}`, title: note || null, onclick: () => showSources(keys, note),
  }, keys.length ? `${text} (${keys.join(", ")})` : text);
}

export async function showSources(keys, note) {
  const body = byId("sources-body");
  body.replaceChildren(el("p", {}, "…"));
  byId("sources").showModal();
  const found = await Promise.all(keys.map((key) => fetchJson(`/api/evidence/${encodeURIComponent(key)}`).catch((error) => ({ key, error }))));
  body.replaceChildren(...found.map(one), note ? el("p", { class: "quiet" }, note) : "");
}

function one(item) {
  if (item.error) return el("p", {}, `${item.key}: ${item.error.text}`);
  const rows = [
    ["value", item.shown], ["source", item.source], ["where", item.place], ["how", item.how], ["note", item.note],
    ...Object.entries(item.conditions),
  ].filter(([, value]) => value);
  const links = item.links.map((link) => el("a", { href: link.address, target: "_blank", rel: "noreferrer noopener" }, link.text));
  return el("section", {},
    el("h3", {}, `${item.key}: ${item.quantity}`),
    el("dl", {}, rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))])),
    links.length ? el("p", {}, links.flatMap((link) => [link, " "])) : el("p", { class: "quiet" }, "no identifier is known"));
}
