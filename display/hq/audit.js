// The audit log, newest first: who did what, by role or key, and nothing that somebody typed.

import { LitElement, css, html, nothing } from "lit";

import { locale, t, word } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import { look } from "./look.js";

const KINDS = ["member", "store", "catalogue", "account", "key", "office"];
const moment = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "medium" });

export class Audit extends LitElement {
  static properties = { office: { attribute: false }, entries: { state: true }, next: { state: true }, error: { state: true } };

  static styles = [base, controls, look, css`.refused td { color: var(--clay); }`];

  #filter = { action: "", member_ref: "" };

  connectedCallback() {
    super.connectedCallback();
    this.entries = null;
    this.#load();
  }

  render() {
    return html`<section class="stack"><h2>${t("hq.audit")}</h2><p class="soft">${t("hq.audit_how")}</p>
      <form class="line" @submit=${(event) => event.preventDefault()} @change=${this.#choose}>
        <label class="field"><span>${t("hq.audit_kind")}</span><select name="action"><option value="">${t("hq.audit_all")}</option>${KINDS.map((kind) => html`<option value=${kind}>${t(`hq.kind.${kind}`)}</option>`)}</select></label>
        <label class="field"><span>${t("hq.ref")}</span><input name="member_ref" maxlength="40" autocomplete="off" spellcheck="false"></label></form>
      ${this.error ? html`<p class="mistake" role="alert">${t(this.error)}</p>` : nothing}
      ${this.entries === null ? html`<p class="soft" role="status">${t("opening")}</p>` : this.#table(this.entries)}
      ${this.next ? html`<div><button @click=${() => this.#load(this.next)}>${t("hq.audit_more")}</button></div>` : nothing}</section>`;
  }

  #table(entries) {
    if (!entries.length) return html`<p class="soft">${t("hq.audit_none")}</p>`;
    return html`<table><thead><tr>${["when", "who", "what", "whom"].map((head) => html`<th scope="col">${t(`hq.audit.${head}`)}</th>`)}</tr></thead><tbody>
      ${entries.map((entry) => html`<tr class=${entry.outcome}><td>${moment.format(new Date(entry.at * 1000))}</td>
        <td>${t(entry.role ? `hq.role.${entry.role}` : `hq.actor.${entry.actor_kind}`)}${entry.actor ? html` <span class="ref soft">${entry.actor}</span>` : nothing}</td>
        <td title=${entry.action}>${did(entry.action)}${entry.outcome === "refused" ? html` <b>(${t("hq.refused")})</b>` : nothing}</td>
        <td class="ref">${entry.member_ref || entry.object || "–"}</td></tr>`)}</tbody></table>`;
  }

  #choose(event) {
    this.#filter = Object.fromEntries(new FormData(event.currentTarget));
    this.entries = null;
    this.#load();
  }

  async #load(before) {
    const asked = new URLSearchParams({ limit: "50", ...(before ? { before } : {}) });
    for (const [name, value] of Object.entries(this.#filter)) if (value.trim()) asked.set(name, value.trim());
    const answer = await this.office.ask("GET", `/v1/audit?${asked}`);
    this.error = answer.ok ? "" : answer.error;
    if (!answer.ok) return;
    this.entries = before ? [...(this.entries ?? []), ...answer.body.entries] : answer.body.entries;
    this.next = answer.body.next;
  }
}

/** What was done, in words; what was refused for want of a right names that right. */
function did(action) {
  if (action.endsWith(".denied")) return t("hq.denied", { right: t(`hq.scope.${action.slice(0, -".denied".length)}`) });
  return word("did", action);
}

customElements.define("regulars-hq-audit", Audit);
