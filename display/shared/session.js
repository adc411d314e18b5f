// The pairing of a shop's own device: a six-digit code once, then a token that stays with this browser.
// The token is the only thing kept; a code in the address (`#code=123456`) is used at once and removed.

const key = (kind) => `regulars.${kind}`;

/** {token, id, name} of this device, or null when it must be paired first. */
export function stored(kind) {
  try {
    return JSON.parse(localStorage.getItem(key(kind)));
  } catch {
    return null;
  }
}

export function forget(kind) {
  localStorage.removeItem(key(kind));
}

/** The code or token that the address carries, taken out of it so that it is neither bookmarked nor shown. */
export function fromAddress() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const found = { code: fragment.get("code"), token: fragment.get("token") };
  if (found.code || found.token) history.replaceState(null, "", location.pathname + location.search);
  return found;
}

/** Trades a code for a token. Resolves to {device} or {error: message key}. */
export async function pair(kind, code) {
  try {
    const response = await fetch("/pair", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }), signal: AbortSignal.timeout(8000),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) return { error: reasonOf(answer, response.status) };
    if (answer.kind !== (kind === "staff" ? "tablet" : kind)) return { error: "pair.other_kind" };
    localStorage.setItem(key(kind), JSON.stringify(answer));
    return { device: answer };
  } catch {
    return { error: "error.offline" };
  }
}

function reasonOf(answer, status) {
  if (String(answer.error ?? "").startsWith("error.")) return answer.error;
  return { 410: "error.code_expired", 423: "error.locked", 429: "error.locked" }[status] ?? "error.code_wrong";
}
