// The form a new tablet or screen shows until somebody types its six-digit code.

import { LitElement, css, html, nothing } from "lit";

import { t } from "./i18n.js";
import { fromAddress, pair, stored } from "./session.js";
import { base, controls } from "./styles.js";

/** `kind` "staff" | "screen". Dispatches "paired" with the device {token, id, name}. */
export class Pairing extends LitElement {
  static properties = { kind: {}, error: { state: true }, busy: { state: true } };

  static styles = [base, controls, css`
    :host { min-block-size: 100dvh; display: grid; place-items: center; padding: var(--gap-l); }
    form { inline-size: min(26rem, 100%); }
    input.code { font-size: 2rem; text-align: center; }
  `];

  async firstUpdated() {
    const found = fromAddress();
    if (found.code) await this.#pair(found.code);
    else if (stored(this.kind)) this.#done(stored(this.kind));
    else this.renderRoot.querySelector("input")?.focus();
  }

  render() {
    return html`<main><form class="sheet stack" @submit=${this.#submit}>
      <h1>${t(`pair.${this.kind}`)}</h1>
      <p class="soft">${t("pair.how")}</p>
      <label class="field"><span>${t("pair.code")}</span>
        <input class="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="7" required pattern="[0-9 ]{6,7}" aria-describedby="mistake"></label>
      <p id="mistake" class="mistake" role="alert">${this.error ? t(this.error) : nothing}</p>
      <button class="primary wide" ?disabled=${this.busy}>${t("pair.go")}</button>
    </form></main>`;
  }

  #submit(event) {
    event.preventDefault();
    this.#pair(new FormData(event.target).get("code"));
  }

  async #pair(code) {
    this.busy = true;
    const { device, error } = await pair(this.kind, code.replace(/\s/g, ""));
    this.busy = false;
    this.error = error;
    if (device) this.#done(device);
  }

  #done(device) {
    this.dispatchEvent(new CustomEvent("paired", { detail: device }));
  }
}

customElements.define("regulars-pairing", Pairing);
