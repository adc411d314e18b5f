// For a member who asks: finding her by number, everything held as a file, ending the consent, deleting.

import { LitElement, css, html, nothing } from "lit";

import "../shared/dialog.js";
import { icon } from "../shared/icons.js";
import { ago, date, language, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import { look } from "./look.js";

export class Members extends LitElement {
  static properties = { office: { attribute: false }, found: { state: true }, ending: { state: true }, status: { state: true }, error: { state: true } };

  static styles = [base, controls, look, css`
    dl { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .35rem var(--gap-l); } dt { color: var(--ink-soft); } dd { overflow-wrap: anywhere; }
    @media (max-width: 26rem) { dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-block-end: var(--gap-s); } }
  `];

  render() {
    const { found } = this;
    return html`<section class="stack"><h2>${t("hq.member")}</h2><p class="soft">${t("hq.member_how")}</p>
        <form class="line" role="search" @submit=${this.#find}><label class="field"><span>${t("hq.member_field")}</span><input name="member" required maxlength="40" autocomplete="off" spellcheck="false"></label>
          <button class="primary">${t("hq.member_find")}</button></form>
        <p class="mistake" role="alert">${this.error ? t(this.error) : nothing}</p></section>
      ${found ? this.#member(found) : nothing}
      ${this.status ? this.#followed(this.status) : nothing}
      <regulars-dialog .heading=${t(this.ending === "erase" ? "hq.erase_sure" : "hq.withdraw_sure")}><div class="stack"><p>${t(this.ending === "erase" ? "hq.erase_what" : "hq.withdraw_what")}</p>
        <button class="warm" @click=${() => this.#end()}>${t(this.ending === "erase" ? "hq.erase_go" : "hq.withdraw_go")}</button></div></regulars-dialog>`;
  }

  #member(found) {
    const purposes = found.purposes.map((purpose) => t(`purpose.${purpose}.short`)).join(" · ");
    return html`<section class="sheet stack" aria-live="polite"><h3>${t("hq.number", { number: found.loyalty_number || "–" })}</h3>
      <dl><dt>${t("hq.ref")}</dt><dd class="ref">${found.member_ref}</dd>
        <dt>${t("hq.consents")}</dt><dd>${purposes || t("hq.consents_none")}</dd>
        ${found.given_at ? html`<dt>${t("hq.consent_given")}</dt><dd>${date(found.given_at)}</dd>` : nothing}
        ${found.recognised ? html`<dt>${t("hq.consent_until")}</dt><dd>${date(found.expires_at)}</dd>` : nothing}
        <dt>${t("hq.copies")}</dt><dd>${found.stores.join(", ") || t("hq.copies_none")}</dd></dl>
      <div class="actions">
        <a class="button" href=${`/v1/members/${found.member_ref}/export?format=html&lang=${language}`} download="regulars.html">${icon("note")} ${t("hq.export_html")}</a>
        <a class="button" href=${`/v1/members/${found.member_ref}/export`} download="regulars.json">${icon("note")} ${t("hq.export_json")}</a>
        ${this.office.may("members.end") ? html`<button ?disabled=${!found.recognised} @click=${() => this.#ask("withdraw")}>${t("hq.withdraw")}</button>
          <button class="danger" @click=${() => this.#ask("erase")}>${t("hq.erase")}</button>` : nothing}</div></section>`;
  }

  #followed(status) {
    return html`<section class="note ${status.done ? "good" : "warn"} stack" role="status"><h3>${t(status.done ? "hq.all_proved" : "hq.waiting")}</h3>
      <p>${t(`hq.end.${status.kind}`)} ${t("hq.seq", { seq: status.seq })}, ${ago(status.at)}. ${t("hq.proved", { count: status.applied.length })}</p>
      ${status.pending.length ? html`<ul>${status.pending.map((store) => html`<li>${t("hq.waits_for", { store: store.name, until: date(store.lease_ends_at) })}</li>`)}</ul>` : nothing}
      <div><button @click=${() => this.#follow(status.seq)}>${t("again")}</button></div></section>`;
  }

  async #find(event) {
    event.preventDefault();
    await this.#look(new FormData(event.target).get("member").trim());
    this.status = null;
  }

  async #look(member) {
    const answer = await this.office.ask("POST", "/v1/members/find", { member });
    this.found = answer.ok ? answer.body : null;
    this.error = answer.ok ? "" : answer.status === 404 ? "hq.member_unknown" : answer.error;
  }

  #ask(kind) {
    this.ending = kind;
    this.renderRoot.querySelector("regulars-dialog").show();
  }

  async #end() {
    const { member_ref } = this.found;
    const answer = await this.office.ask("POST", "/v1/withdraw", { member_ref, kind: this.ending });
    this.renderRoot.querySelector("regulars-dialog").close();
    this.error = answer.ok ? "" : answer.error;
    if (!answer.ok) return;
    if (this.ending === "erase") this.found = null;
    else await this.#look(member_ref);
    await this.#follow(answer.body.seq);
  }

  async #follow(seq) {
    const answer = await this.office.ask("GET", `/v1/withdraw/${seq}`);
    if (answer.ok) this.status = answer.body;
    else this.error = answer.error;
  }
}

customElements.define("regulars-hq-members", Members);
