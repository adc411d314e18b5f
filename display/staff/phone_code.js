// The ten-minute, single-use code that binds the shopper's own phone to this visit: large, and as a QR drawn by the store.

import { LitElement, css, html, nothing } from "lit";

import { clock, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import "../shared/dialog.js";

/** `show(ack)` with the Ack of the phone_code command: body {code, url, qr_svg, expires_at}. */
export class PhoneCode extends LitElement {
  static properties = { code: { state: true } };

  static styles = [base, controls, css`
    .stack { justify-items: center; text-align: center; }
    img { inline-size: min(15rem, 70vw); block-size: auto; aspect-ratio: 1; background: #fff; padding: .75rem; border-radius: var(--round-m); }
    .code { font-size: clamp(1.75rem, 9vw, 2.6rem); font-weight: 700; user-select: all; overflow-wrap: anywhere; }
  `];

  render() {
    const code = this.code;
    return html`<regulars-dialog .heading=${t("phone_code.title")} @closed=${() => { this.code = null; }}>${code
      ? html`<div class="stack">
        <p>${t("phone_code.how")}</p>
        ${code.qr_svg ? html`<img alt=${t("phone_code.qr")} src=${`data:image/svg+xml,${encodeURIComponent(code.qr_svg)}`}>` : nothing}
        <p class="code" translate="no">${code.code}</p>
        ${code.expires_at ? html`<p class="soft">${t("phone_code.until", { time: clock(code.expires_at) })}</p>` : nothing}
      </div>`
      : nothing}</regulars-dialog>`;
  }

  async show(ack) {
    this.code = ack.body;
    await this.updateComplete;
    await this.renderRoot.querySelector("regulars-dialog").show();
  }
}

customElements.define("regulars-phone-code", PhoneCode);
