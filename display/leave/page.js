// Leaving: as easy as joining. With a session one press; without one the single-use code first.

import { LitElement, css, html, nothing } from "lit";

import "../shared/theme.js";
import { icon } from "../shared/icons.js";
import { otherLanguage, t } from "../shared/i18n.js";
import { Shopper } from "../phone/shopper.js";
import { base, controls } from "../shared/styles.js";

export class Leave extends LitElement {
  static properties = { phase: { state: true }, error: { state: true } };

  static styles = [base, controls, css`
    :host { min-block-size: 100dvh; display: grid; align-content: start; padding: var(--gap-l); }
    header { display: flex; justify-content: flex-end; }
    main { inline-size: min(34rem, 100%); margin: 2vh auto; display: grid; gap: var(--gap-l); }
    ul { display: grid; gap: var(--gap-s); } li { display: grid; grid-template-columns: auto 1fr; gap: var(--gap-s); } li .glyph { color: var(--pine); margin-block-start: .15rem; }
    input.code { text-transform: uppercase; text-align: center; font-size: 1.5rem; }
  `];

  #shopper = new Shopper();

  constructor() {
    super();
    this.phase = "opening";
  }

  async connectedCallback() {
    super.connectedCallback();
    this.phase = await this.#shopper.open();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#shopper.close();
  }

  render() {
    const other = otherLanguage();
    return html`<header><a class="button quiet" href=${other.href} hreflang=${other.lang} lang=${other.lang} aria-label=${`${other.lang.toUpperCase()}: ${t("language.other")}`}>${other.lang.toUpperCase()}</a></header>
      <main><h1>${t("leave.title")}</h1>${this.phase === "left"
        ? html`<div class="note good stack" role="status"><h2>${t("leave.done")}</h2><p>${t("leave.done_what")}</p></div><a href="/join">${t("leave.rejoin")}</a>`
        : html`<p>${t("leave.what")}</p>
          <ul>${["leave.at_once", "leave.deleted", "leave.kept"].map((key) => html`<li>${icon("check")} <span>${t(key)}</span></li>`)}</ul>
          ${this.phase === "code" ? this.#code() : html`<button class="warm" ?disabled=${this.phase === "opening"} @click=${() => this.#leave()}>${t("leave.go")}</button>`}
          <p class="mistake" role="alert">${this.error ? t(this.error) : nothing}</p>`}</main>`;
  }

  #code() {
    return html`<form class="sheet stack" @submit=${this.#bind}><p class="soft">${t("leave.code_how")}</p>
      <label class="field"><span>${t("phone.code_field")}</span><input class="code" name="code" autocomplete="one-time-code" required maxlength="12"></label>
      <button class="primary">${t("phone.code_go")}</button></form>`;
  }

  async #bind(event) {
    event.preventDefault();
    this.error = await this.#shopper.bind(new FormData(event.target).get("code").replace(/[\s-]/g, "").toUpperCase());
    if (!this.error) this.phase = await this.#shopper.open();
  }

  async #leave() {
    this.error = await this.#shopper.leave();
    if (!this.error) this.phase = "left";
  }
}

customElements.define("regulars-leave", Leave);
