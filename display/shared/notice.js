// What the page has to say about itself: the line to the store and to head office, and short confirmations.

import { LitElement, css, html, nothing } from "lit";

import { icon } from "./icons.js";
import { clock, t } from "./i18n.js";
import { base } from "./styles.js";

/** `line` unix s since when the store is not reached (or null); `office` likewise head office, as the store reports it. */
export class Notice extends LitElement {
  static properties = { line: { type: Number }, office: { type: Number }, said: { state: true } };

  static styles = [base, css`
    .bar { display: flex; align-items: center; justify-content: center; gap: var(--gap-s); padding: .5rem var(--gap-l); font-weight: 600; background: var(--clay-wash); color: var(--ink); }
    .bar.mild { background: var(--honey-wash); }
    .toast {
      position: fixed; inset-block-end: calc(5.5rem + env(safe-area-inset-bottom)); inset-inline: 0; margin-inline: auto; inline-size: fit-content; max-inline-size: calc(100vw - 2rem); z-index: 20;
      padding: .8rem 1.3rem; border-radius: var(--round-pill); background: var(--ink); color: var(--paper); box-shadow: var(--shadow-high); font-weight: 600;
    }
  `];

  #timer = 0;

  render() {
    return html`<div role="status">${this.line
      ? html`<div class="bar">${icon("cloud")} ${t("notice.line", { time: clock(this.line) })}</div>`
      : this.office ? html`<div class="bar mild">${icon("cloud")} ${t("notice.office", { time: clock(this.office) })}</div>` : nothing}</div>
    <div role="status">${this.said ? html`<div class="toast">${this.said}</div>` : nothing}</div>`;
  }

  /** Shows `text` for some seconds and has it read out. */
  say(text) {
    this.said = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.said = ""; }, 5000);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }
}

customElements.define("regulars-notice", Notice);
