// Requests to the server, and mistakes as people read them.

export class Refused extends Error {
  constructor(reply, code) {
    super(reply.headline || "The server did not answer as expected.");
    this.code = code;
    this.text = reply.text || this.message;
    this.kind = reply.error || "";
  }
}

async function answered(response) {
  if (response.ok) return response;
  let reply = {};
  try { reply = await response.json(); } catch { /* not ours */ }
  throw new Refused(reply, response.status);
}

async function reach(address, options) {
  try {
    return await answered(await fetch(address, options));
  } catch (error) {
    if (error instanceof Refused || error.name === "AbortError") throw error;
    throw new Refused({
      headline: "The server does not answer.",
      text: "The server does not answer.\nIt may have been stopped: start it again with 'il2sim serve'.",
      error: "Unreachable",
    }, 0);
  }
}

export async function fetchJson(address) {
  return (await reach(address)).json();
}

function sent(body, type) {
  return { method: "POST", headers: { "Content-Type": type }, body };
}

export async function post(address, message) {
  return (await reach(address, sent(JSON.stringify(message ?? {}), "application/json"))).json();
}

export async function postForText(address, message) {
  return (await reach(address, sent(JSON.stringify(message), "application/json"))).text();
}

export async function postFile(address, text) {
  return (await reach(address, sent(text, "application/toml"))).json();
}

export const client = `page-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
