// Makes the page installable and able to open without the store. Everything still works where the browser refuses.

const WORKER = "/display/staff/worker.js";
const SHELL = "regulars-staff-shell";

/** Registers the worker and keeps what this page is made of; older files go. */
export async function keepShell() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  try {
    await navigator.serviceWorker.register(trusted(WORKER), { scope: "/staff" });
    const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name))
      .filter((address) => address.origin === location.origin && address.pathname.startsWith("/display/") && address.searchParams.has("v"))
      .map((address) => address.href);
    const shell = await caches.open(SHELL);
    const wanted = new Set(loaded);
    for (const kept of await shell.keys()) if (kept.url.includes("/display/") && !wanted.has(kept.url)) await shell.delete(kept);
    const missing = [];
    for (const url of wanted) if (!(await shell.match(url))) missing.push(url);
    await shell.addAll(["/staff", ...missing]);
  } catch {
    // No certificate, no room or a private window: the page goes on as an ordinary one.
  }
}

/** The policy of the page lets one string become a script's address, and it is this one. */
function trusted(url) {
  return window.trustedTypes ? window.trustedTypes.createPolicy("regulars-worker", { createScriptURL: () => url }).createScriptURL(url) : url;
}
