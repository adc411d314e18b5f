// The shopper's session with head office: state once, then a stream of what changed; commands ride back.
// Dispatches "change"; holds `member`, `visit`, `stores`, and `offlineSince` (unix seconds or null).

const HEADERS = { "Content-Type": "application/json", "X-Regulars": "1" };
const TIMEOUT_MS = 10_000;

export class Shopper extends EventTarget {
  #stream = null;

  member = null;
  visit = null;
  stores = [];
  offlineSince = null;

  /** Resolves to "ready", "code" (no session: ask for a code) or "offline". */
  async open() {
    const answer = await this.#send("GET", "/phone/state");
    if (answer.status === 401 || answer.status === 403) return "code";
    if (!answer.ok) return "offline";
    Object.assign(this, { member: answer.body.member, visit: answer.body.visit ?? null, stores: answer.body.stores ?? [] });
    this.#listen();
    this.#changed();
    return "ready";
  }

  /** Trades a single-use code for the session cookie; resolves to "" or a message key. */
  async bind(code) {
    const answer = await this.#send("POST", "/phone/session", { code });
    return answer.ok ? "" : answer.error;
  }

  /** mode | help | hide | checkin | forget; resolves to "" once head office has taken it, else to a message key. */
  async command(kind, fields = {}) {
    const answer = await this.#send("POST", "/phone/commands", { command_id: newId(), kind, ...fields });
    return answer.ok ? "" : answer.error;
  }

  /** standing_mode, purposes, hidden or preferences. */
  async change(fields) {
    const answer = await this.#send("PUT", "/phone/member", fields);
    if (answer.ok && answer.body?.member) this.member = answer.body.member;
    else if (answer.ok) this.member = { ...this.member, ...fields };
    this.#changed();
    return answer.ok ? "" : answer.error;
  }

  async leave() {
    const answer = await this.#send("POST", "/phone/leave", {});
    if (answer.ok) await this.end();
    return answer.ok ? "" : answer.error;
  }

  async end() {
    await this.#send("DELETE", "/phone/session");
    this.#over();
  }

  /** The session or the membership is over, here or elsewhere: nothing of it stays on the page. */
  #over() {
    this.close();
    Object.assign(this, { member: null, visit: null });
    this.#changed();
  }

  close() {
    this.#stream?.close();
  }

  #listen() {
    this.#stream?.close();
    const stream = new EventSource("/phone/stream");
    stream.addEventListener("visit", (event) => { this.visit = JSON.parse(event.data); this.#changed(); });
    stream.addEventListener("member", (event) => { this.member = { ...this.member, ...JSON.parse(event.data) }; this.#changed(); });
    stream.addEventListener("ended", () => this.#over());
    stream.addEventListener("open", () => { this.offlineSince = null; this.#changed(); });
    stream.addEventListener("error", () => { this.offlineSince ??= Date.now() / 1000; this.#changed(); });
    this.#stream = stream;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  async #send(method, path, body) {
    try {
      const response = await fetch(path, { method, headers: HEADERS, body: body && JSON.stringify(body), credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) });
      const answer = await response.json().catch(() => null);
      return { ok: response.ok, status: response.status, body: answer, error: answer?.error ?? "error.refused" };
    } catch {
      return { ok: false, status: 0, body: null, error: "error.offline" };
    }
  }
}

// randomUUID exists only on https and localhost; a store's guest Wi-Fi may be neither.
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
