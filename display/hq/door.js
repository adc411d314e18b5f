// The door: a name and a password, or, with a one-time link, choosing them.

import { LitElement, css, html, nothing } from "lit";

import { t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";

/** `office` an Office; `token` of a one-time link or "". Dispatches "used" once the link has done its work. */
export class Door extends LitElement {
  static properties = { office: { attribute: false }, token: {}, error: { state: true }, busy: { state: true } };

  static styles = [base, controls, css`
    :host { display: grid; place-items: start center; padding: 7vh 0 var(--gap-xl); }
    form { inline-size: min(26rem, 100%); padding: var(--gap-xl) var(--gap-l); }
  `];

  render() {
    const isNew = Boolean(this.token);
    return html`<form class="sheet stack" @submit=${this.#send}>
      <h2>${t(isNew ? "hq.setup" : "hq.sign_in")}</h2>
      <p class="soft">${t(isNew ? "hq.setup_how" : "hq.sign_in_how")}</p>
      <label class="field"><span>${t("hq.name")}</span><input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" ?required=${!isNew} aria-describedby=${isNew ? "name-how" : nothing}></label>
      ${isNew ? html`<p class="small soft" id="name-how">${t("hq.name_how")}</p>` : nothing}
      <label class="field"><span>${t("hq.password")}</span><input name="password" type="password" autocomplete=${isNew ? "new-password" : "current-password"} required minlength=${isNew ? 12 : nothing} maxlength="128" aria-describedby=${isNew ? "password-how" : nothing}></label>
      ${isNew ? html`<p class="small soft" id="password-how">${t("hq.password_how")}</p>` : nothing}
      <p class="mistake" role="alert">${this.error ? t(this.error) : nothing}</p>
      <button class="primary wide" ?disabled=${this.busy}>${t(isNew ? "hq.setup_go" : "hq.sign_in_go")}</button>
      ${isNew ? nothing : html`<p class="small soft">${t("hq.forgotten")}</p>`}
    </form>`;
  }

  async #send(event) {
    event.preventDefault();
    const said = new FormData(event.target);
    this.busy = true;
    this.error = this.token
      ? await this.office.setUp(this.token, said.get("name"), said.get("password"))
      : await this.office.signIn(said.get("name"), said.get("password"));
    this.busy = false;
    if (!this.error && this.token) this.dispatchEvent(new Event("used"));
  }
}

customElements.define("regulars-hq-door", Door);
