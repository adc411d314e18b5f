// The last tab: consents with their receipts, preferences, the card for the till, export, forgetting and leaving.

import { LitElement, css, html, nothing } from "lit";

import "../shared/dialog.js";
import "../shared/preferences.js";
import { icon } from "../shared/icons.js";
import { date, language, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";

export const PURPOSES = ["recognise", "staff", "screen", "web_history", "measure"];

/** `shopper` a Shopper. Dispatches "said" {text} for short confirmations. */
export class Account extends LitElement {
  static properties = { shopper: { attribute: false }, stamp: {}, preferences: { state: true } };

  static styles = [base, controls, css`
    :host { display: grid; gap: var(--gap-xl); }
    section { display: grid; gap: var(--gap-m); }
    .card { display: grid; justify-items: center; gap: var(--gap-s); text-align: center; }
    .card img { inline-size: 11rem; background: #fff; padding: .6rem; border-radius: var(--round-m); }
    .purpose { display: grid; grid-template-columns: auto 1fr; gap: var(--gap-m); align-items: start; padding: var(--gap-m); border: 1px solid var(--line); border-radius: var(--round-m); background: var(--paper); }
    input[type="checkbox"] { inline-size: 1.6rem; block-size: 1.6rem; margin: .1rem; accent-color: var(--pine); }
    .receipt { display: grid; gap: .15rem; padding: var(--gap-m); border-inline-start: 3px solid var(--pine); background: var(--paper); border-radius: 0 var(--round-m) var(--round-m) 0; overflow-wrap: anywhere; }
  `];

  render() {
    const member = this.shopper.member ?? {};
    return html`
      ${member.loyalty_number ? html`<div class="sheet card"><h2>${t("account.card")}</h2>
        ${member.loyalty_qr_svg ? html`<img alt=${t("account.card_qr")} src=${`data:image/svg+xml,${encodeURIComponent(member.loyalty_qr_svg)}`}>` : nothing}
        <span class="code" translate="no">${member.loyalty_number}</span></div>` : nothing}
      <section><h2>${t("account.consents")}</h2><p class="soft">${t("account.consents_how")}</p>
        ${PURPOSES.map((purpose) => html`<label class="purpose"><input type="checkbox" .checked=${(member.purposes ?? []).includes(purpose)} ?disabled=${purpose === "recognise"} @change=${(event) => this.#purpose(purpose, event.target)}>
          <span><b>${t(`purpose.${purpose}`)}</b><br><span class="small soft">${t(`purpose.${purpose}.what`)}</span></span></label>`)}</section>
      ${member.receipts?.length ? html`<section><h3>${t("account.receipts")}</h3>${member.receipts.map((receipt) => html`<div class="receipt small"><b>${[...receipt.purposes].map((purpose) => t(`purpose.${purpose}.short`)).join(" · ")}</b>
        <span>${t("account.receipt", { given: date(receipt.given_at), expires: date(receipt.expires_at) })}</span><span class="soft">${receipt.receipt_id}</span></div>`)}</section>` : nothing}
      <section><h2>${t("account.preferences")}</h2>
        <regulars-preferences .value=${this.preferences ?? member.preferences ?? {}} @change=${(event) => { this.preferences = event.detail; }}></regulars-preferences>
        <button class="primary" ?disabled=${!this.preferences} @click=${() => this.#save()}>${t("account.save")}</button></section>
      <section><h2>${t("account.data")}</h2>
        <a class="button" href="/phone/export" download="regulars.json">${icon("note")} ${t("account.export")}</a>
        <a class="button" href=${`/phone/export?format=html&lang=${language}`} download="regulars.html">${icon("eye")} ${t("account.export_page")}</a>
        <button @click=${() => this.#forget()}>${icon("clock")} ${t("account.forget")}</button>
        <p class="small soft">${t("account.forget_how")}</p>
        <button @click=${() => this.shopper.end()}>${t("account.sign_out")}</button>
        <button class="danger" @click=${() => this.renderRoot.querySelector("regulars-dialog").show()}>${t("account.leave")}</button></section>
      <regulars-dialog .heading=${t("leave.sure")}><div class="stack"><p>${t("leave.what")}</p>
        <button class="warm" @click=${() => this.#leave()}>${t("leave.go")}</button></div></regulars-dialog>`;
  }

  async #purpose(purpose, box) {
    const held = new Set(this.shopper.member?.purposes ?? []);
    if (box.checked) held.add(purpose);
    else held.delete(purpose);
    this.#said(await this.shopper.change({ purposes: PURPOSES.filter((each) => held.has(each)) }), "said.saved");
    this.requestUpdate();
  }

  async #save() {
    const error = await this.shopper.change({ preferences: this.preferences });
    if (!error) this.preferences = null;
    this.#said(error, "said.saved");
  }

  async #forget() {
    const store = this.shopper.visit?.store_id ?? this.shopper.lastStore;
    this.#said(await this.shopper.command("forget", store ? { store_id: store } : {}), "said.forgotten");
  }

  async #leave() {
    const error = await this.shopper.leave();
    this.renderRoot.querySelector("regulars-dialog")?.close();
    if (error) this.#said(error, "");
    else this.dispatchEvent(new Event("left"));
  }

  #said(error, good) {
    this.dispatchEvent(new CustomEvent("said", { detail: { text: t(error || good) } }));
  }
}

customElements.define("regulars-account", Account);
