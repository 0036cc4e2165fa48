// The HTTP API as a page, read from its OpenAPI description.

import { fetchJson } from "./api.js";
import { byId, el } from "./dom.js";

const described = await fetchJson("/openapi.json");
const nameOf = (schema) => schema?.$ref?.split("/").at(-1) ?? schema?.title ?? schema?.type ?? "";

function route(path, method, one) {
  const body = Object.entries(one.requestBody?.content ?? {}).map(([type, { schema }]) => `${type}: ${nameOf(schema)}`);
  const replies = Object.entries(one.responses).map(([code, reply]) => el("li", {}, `${code}: ${reply.description}`));
  return el("section", { class: "work" }, el("h3", {}, `${method.toUpperCase()} ${path}`), el("p", {}, one.description ?? one.summary ?? ""),
    body.length ? el("p", { class: "quiet" }, `sends ${body.join(", ")}`) : null,
    el("details", {}, el("summary", {}, "replies"), el("ul", {}, replies)));
}

function schema(name, one) {
  const rows = Object.entries(one.properties ?? {}).map(([key, value]) => el("tr", {}, el("td", {}, key), el("td", { class: "text" }, JSON.stringify(value))));
  return el("details", {}, el("summary", {}, name), el("p", { class: "note" }, one.description ?? ""), el("div", { class: "scroll" }, el("table", {}, rows)));
}

byId("routes").append(
  ...Object.entries(described.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => route(path, method, one))),
  el("h2", {}, "Shapes"), ...Object.entries(described.components.schemas).map(([name, one]) => schema(name, one)));
