// The four modes as four big buttons: what the shopper chooses, and what the store has confirmed.

import { LitElement, css, html, nothing } from "lit";

import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { base, controls } from "./styles.js";

export const MODES = ["invisible", "phone", "screen", "advice"];
const GLYPHS = { invisible: "hidden", phone: "phone", screen: "screen", advice: "talk" };

/** `mode` in effect, `wanted` asked for but not yet confirmed, `open` the modes that the consents allow.
    Dispatches "choose" {mode}. */
export class Modes extends LitElement {
  static properties = { mode: {}, wanted: {}, open: { attribute: false }, label: {} };

  static styles = [base, controls, css`
    .modes { display: grid; grid-template-columns: 1fr 1fr; gap: var(--gap-s); }
    button { flex-direction: column; justify-content: flex-start; align-items: flex-start; text-align: start; gap: .4rem; min-block-size: 7.25rem; padding: var(--gap-m); border-radius: var(--round-l); position: relative; white-space: normal; }
    button .name { font-weight: 700; line-height: 1.2; hyphens: auto; }
    button .what { font: 400 var(--size-s)/1.35 var(--sans); color: var(--ink-soft); }
    button[aria-checked="true"] { background: var(--pine); border-color: var(--pine); color: var(--on-colour); box-shadow: var(--shadow); }
    button[aria-checked="true"] .what { color: var(--on-colour); }
    button[data-wanted] { border-style: dashed; border-color: var(--pine); border-width: 2.5px; }
    button:disabled { opacity: 1; background: transparent; border-style: dashed; border-color: var(--line); color: var(--ink-soft); box-shadow: none; }
    button[aria-checked]:disabled .what { color: var(--ink-soft); }
    .tick { position: absolute; inset-block-start: .7rem; inset-inline-end: .7rem; }
    @media (min-width: 44rem) { .modes { grid-template-columns: repeat(4, 1fr); } }
  `];

  render() {
    return html`<div class="modes" role="radiogroup" aria-label=${this.label ?? t("mode.title")} @keydown=${this.#arrow}>${MODES.map((mode) => this.#button(mode))}</div>`;
  }

  #button(mode) {
    const on = mode === this.mode;
    const possible = !this.open || this.open.includes(mode);
    const first = MODES.includes(this.mode) ? on : mode === MODES[0];
    return html`<button type="button" role="radio" aria-checked=${on ? "true" : "false"} tabindex=${first ? 0 : -1} data-mode=${mode}
      ?data-wanted=${this.wanted === mode && !on} ?disabled=${!possible} @click=${() => this.#choose(mode)}>
      ${icon(GLYPHS[mode], 26)}
      <span class="name">${t(`mode.${mode}`)}</span>
      <span class="what">${possible ? t(`mode.${mode}.what`) : t("mode.closed")}</span>
      ${on ? html`<span class="tick">${icon("check", 22)}</span>` : nothing}
    </button>`;
  }

  #choose(mode) {
    if (mode !== this.mode || this.wanted) this.dispatchEvent(new CustomEvent("choose", { detail: { mode } }));
  }

  #arrow(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...this.renderRoot.querySelectorAll("button:not(:disabled)")];
    const at = buttons.indexOf(this.renderRoot.activeElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  }
}

customElements.define("regulars-modes", Modes);
