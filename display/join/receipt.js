// What a new member takes home: the receipt, the loyalty code for the till, and the key for the app, shown once.

import { LitElement, css, html, nothing } from "lit";

import { icon } from "../shared/icons.js";
import { date, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";

/** `joined` the answer of POST /v1/join. */
export class Receipt extends LitElement {
  static properties = { joined: { attribute: false }, shown: { state: true }, copied: { state: true } };

  static styles = [base, controls, css`
    :host { display: grid; gap: var(--gap-l); padding-block-start: var(--gap-l); }
    .pass { display: grid; justify-items: center; text-align: center; gap: var(--gap-s); background: var(--banner); color: var(--on-banner); border: 0; }
    .pass img { inline-size: min(14rem, 60vw); background: #fff; padding: .7rem; border-radius: var(--round-m); }
    .pass .code { font-size: 1.25rem; font-weight: 700; }
    .key { font-size: .9375rem; letter-spacing: .06em; overflow-wrap: anywhere; background: var(--sand); padding: var(--gap-m); border-radius: var(--round-m); }
    dl { display: grid; grid-template-columns: auto 1fr; gap: .35rem var(--gap-m); } dt { color: var(--ink-soft); } dd { overflow-wrap: anywhere; }
  `];

  firstUpdated() {
    scrollTo(0, 0);
    this.renderRoot.querySelector("h1").focus({ preventScroll: true });
  }

  render() {
    const { loyalty_number, loyalty_qr_svg, secret, phone_url, receipt } = this.joined;
    return html`
      <h1 tabindex="-1">${t("receipt.title")}</h1>
      <div class="sheet pass">${loyalty_qr_svg ? html`<img alt=${t("account.card_qr")} src=${`data:image/svg+xml,${encodeURIComponent(loyalty_qr_svg)}`}>` : nothing}
        <span class="code" translate="no">${loyalty_number}</span><span>${t("receipt.card_how")}</span></div>
      ${phone_url ? html`<a class="button primary" href=${phone_url}>${icon("phone")} ${t("receipt.phone")}</a>` : nothing}
      ${receipt ? html`<section class="sheet stack"><h2>${t("receipt.receipt")}</h2><dl class="small">
        <dt>${t("receipt.purposes")}</dt><dd>${[...receipt.purposes].map((purpose) => t(`purpose.${purpose}.short`)).join(" · ")}</dd>
        <dt>${t("receipt.given")}</dt><dd>${date(receipt.given_at)}</dd><dt>${t("receipt.expires")}</dt><dd>${date(receipt.expires_at)}</dd>
        <dt>${t("receipt.id")}</dt><dd translate="no">${receipt.receipt_id}</dd></dl></section>` : nothing}
      ${secret ? html`<section class="sheet stack"><h2>${t("receipt.key")}</h2><p class="soft">${t("receipt.key_how")}</p>
        ${this.shown ? html`<p class="key code" translate="no">${secret}</p><button @click=${() => this.#copy(secret)}>${t(this.copied ? "receipt.copied" : "receipt.copy")}</button>`
          : html`<button @click=${() => { this.shown = true; }}>${t("receipt.show_key")}</button>`}</section>` : nothing}
      <p class="small soft">${t("receipt.leave")} <a href="/leave">${t("leave.title")}</a></p>`;
  }

  async #copy(secret) {
    await navigator.clipboard?.writeText(secret);
    this.copied = true;
  }
}

customElements.define("regulars-receipt", Receipt);
