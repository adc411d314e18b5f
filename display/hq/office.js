// The page's session with head office: who is signed in, and requests that carry the session's mark.
// The mark lives in memory only; after a reload it is asked for again.

const TIMEOUT_MS = 20_000;
// Head office gives a body fifteen seconds, and a picture waits for the one before it.
const SENDING_MS = 60_000;

export class Office extends EventTarget {
  me = null;

  /** Resolves to "in", "out" or "offline". */
  async open() {
    const answer = await this.ask("GET", "/v1/office/session");
    this.#be(answer.ok ? answer.body : null);
    if (answer.ok) return "in";
    return answer.status === 401 ? "out" : "offline";
  }

  /** Resolves to "" or a message key, as the two below do. */
  async signIn(name, password) {
    return this.#signed(await this.ask("POST", "/v1/office/session", { name, password }));
  }

  async setUp(token, name, password) {
    return this.#signed(await this.ask("POST", "/v1/office/setup", { token, name, password }));
  }

  async signOut() {
    await this.ask("DELETE", "/v1/office/session");
    this.#be(null);
  }

  may(right) {
    return this.me?.rights.includes(right) ?? false;
  }

  /** {ok, status, body, error}; a POST that is lost on the way may be repeated, it is done once. */
  async ask(method, path, body) {
    const headers = this.#marks();
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method === "POST") headers["Idempotency-Key"] = newKey();
    try {
      const response = await fetch(path, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return this.#heard(response.status, await response.json().catch(() => null));
    } catch {
      return this.#heard(0, null);
    }
  }

  /** As `ask` with PUT and the bytes of a file; `onShare` hears how much of it is sent, 0 to 1, which `fetch` would not tell. */
  send(path, file, onShare) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("PUT", path);
      request.timeout = SENDING_MS;
      request.responseType = "json";
      for (const [name, value] of Object.entries({ ...this.#marks(), "Content-Type": "application/octet-stream" })) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => onShare(event.loaded / event.total));
      request.addEventListener("loadend", () => resolve(this.#heard(request.status, request.response)));
      request.send(file);
    });
  }

  #marks() {
    return { "X-Regulars": "1", "X-CSRF": this.me?.csrf ?? "" };
  }

  /** `status` 0: no answer came. */
  #heard(status, body) {
    if (status === 401 && this.me) this.#be(null);
    return { ok: status >= 200 && status < 300, status, body, error: body?.error ?? (status ? "error.refused" : "error.offline") };
  }

  #signed(answer) {
    if (answer.ok) this.#be(answer.body);
    return answer.ok ? "" : answer.error;
  }

  #be(me) {
    this.me = me;
    this.dispatchEvent(new Event("change"));
  }
}

// randomUUID exists only on https and localhost.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
