// Keeps the page itself, and nothing else: the staff page opens while the store restarts or the Wi-Fi is away.
// Two rules: only the page and files whose address carries their digest are kept, and both are the same for everybody.
// It asks nobody but the store: the policy that comes with this file says so, and has to allow that much, or a tablet that
// has the worker opens the page once and never again.
// What the store says about people comes over the socket, and no worker sees it.

const SHELL = "regulars-staff-shell";
const PAGE = "/staff";
// A store that answers slower than this is restarting: the kept page then opens and waits for the line.
const PATIENCE_MS = 2500;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const address = new URL(url);
  if (method !== "GET" || address.origin !== self.location.origin) return;
  if (mode === "navigate" && address.pathname === PAGE) event.respondWith(page(event.request));
  else if (address.pathname.startsWith("/display/") && address.searchParams.has("v")) event.respondWith(file(event.request));
});

async function page(request) {
  const shell = await caches.open(SHELL);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (fresh.ok) await shell.put(PAGE, fresh.clone());
    return fresh;
  } catch (away) {
    const kept = await shell.match(PAGE);
    if (kept) return kept;
    throw away;
  }
}

async function file(request) {
  const shell = await caches.open(SHELL);
  const kept = await shell.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) await shell.put(request, fresh.clone());
  return fresh;
}
