// A native dialog with a title and a close button; focus, Escape and the backdrop are the browser's.

import { LitElement, css, html } from "lit";

import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { base, controls } from "./styles.js";

/** Content in the default slot. `show()` opens, `close()` closes; dispatches "closed". */
export class Dialog extends LitElement {
  static properties = { heading: {} };

  static styles = [base, controls, css`
    .close { position: absolute; inset-block-start: .5rem; inset-inline-end: .5rem; }
    h2 { padding-inline-end: 3rem; margin-block-end: var(--gap-m); }
  `];

  render() {
    return html`<dialog aria-labelledby="heading" @close=${() => this.dispatchEvent(new Event("closed"))} @click=${this.#outside}>
      <h2 id="heading">${this.heading}</h2>
      <button class="quiet icon close" aria-label=${t("close")} @click=${this.close}>${icon("close")}</button>
      <slot></slot>
    </dialog>`;
  }

  async show() {
    await this.updateComplete;
    const dialog = this.renderRoot.querySelector("dialog");
    if (!dialog.open) dialog.showModal();
  }

  close() {
    this.renderRoot.querySelector("dialog").close();
  }

  #outside(event) {
    const dialog = this.renderRoot.querySelector("dialog");
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) this.close();
  }
}

customElements.define("regulars-dialog", Dialog);
