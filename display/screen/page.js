// One public screen: the window, the way to one's own phone, and the notice that the screen can react. It can show no
// name, size or personal price, because the type that it receives has none; without a word from the store it stays neutral.

import { LitElement, css, html, nothing } from "lit";
import { keyed } from "lit-html/directives/keyed.js";

import "../shared/theme.js";
import "../shared/pairing.js";
import { icon } from "../shared/icons.js";
import { clock, t, word } from "../shared/i18n.js";
import { Live } from "../shared/live.js";
import { qr } from "../shared/qr.js";
import { forget } from "../shared/session.js";
import { base, controls } from "../shared/styles.js";
import "./window.js";

// Slow enough to read a price across an aisle. WCAG 2.2.2: who asked for less motion gets a window that stands still.
const TURN_EVERY_MS = 12_000;

export class Screen extends LitElement {
  static properties = { device: { state: true }, view: { state: true }, turn: { state: true }, offline: { state: true } };

  static styles = [base, controls, css`
    :host { block-size: 100dvh; overflow: hidden; background: var(--linen); }
    main { block-size: 100%; display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); gap: 2.2vmin; padding: 3.2vmin; }
    h1 { font-size: 6.4vmin; }
    .lead { font-size: 2.6vmin; color: var(--ink-soft); }
    footer { display: grid; grid-template-columns: auto 1fr; gap: 2.6vmin; align-items: center; background: var(--banner); color: var(--on-banner); border-radius: 2.6vmin; padding: 2.2vmin; }
    footer svg { inline-size: 15vmin; block-size: 15vmin; border-radius: 1.2vmin; display: block; }
    footer .glyph { inline-size: 3vmin; block-size: 3vmin; }
    .use { font: 600 3.2vmin/1.15 var(--serif); } .notice { font-size: 1.9vmin; line-height: 1.4; margin-block-start: .8vmin; }
    .since { position: fixed; inset-block-start: 1.6vmin; inset-inline-end: 1.6vmin; font-size: 1.7vmin; color: var(--ink-soft); display: flex; gap: .6vmin; align-items: center; }
    .since .glyph { inline-size: 2vmin; block-size: 2vmin; }
    .rest { display: grid; place-content: center; justify-items: center; gap: 3vmin; text-align: center; }
    .rest .glyph { inline-size: 22vmin; block-size: 22vmin; color: var(--pine); }
    .soft-shift { animation: shift 1.6s ease-out both; min-block-size: 0; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); }
    @keyframes shift { from { opacity: 0; } }
    @media (prefers-reduced-motion: reduce) { .soft-shift { animation: none; } }
    @media (min-aspect-ratio: 1 / 1) { .notice { font-size: 2.2vmin; } footer svg { inline-size: 12vmin; block-size: 12vmin; } header { display: flex; align-items: baseline; gap: 2.4vmin; } }
  `];

  #live = null;
  #timer = 0;

  constructor() {
    super();
    this.turn = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    this.#timer = setInterval(() => { if (!still.matches) this.turn += 1; }, TURN_EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#live?.close();
  }

  render() {
    if (!this.device) return html`<regulars-pairing kind="screen" @paired=${(event) => this.#start(event.detail)}></regulars-pairing>`;
    const { view } = this;
    const since = this.offline ?? view?.offline_since;
    return html`<main data-theme-kind=${view?.theme.kind ?? "neutral"} data-theme-value=${view?.theme.value ?? ""}>
      <header><h1>${this.#headline(view)}</h1><p class="lead">${t("screen.lead")}</p></header>
      ${view?.general.length ? keyed(`${view.theme.kind}${view.theme.value}${this.turn}`, html`<div class="soft-shift"><regulars-window .view=${view} .turn=${this.turn}></regulars-window></div>`)
        : html`<div class="rest">${icon("hanger")}<p class="lead">${t("screen.rest")}</p></div>`}
      <footer>${view?.phone_url ? qr(view.phone_url, t("screen.qr")) : icon("phone")}
        <div><p class="use">${t("screen.use_phone")}</p><p class="notice">${t("screen.notice")}</p></div></footer>
      ${since ? html`<p class="since">${icon("cloud")} ${t("screen.since", { time: clock(since) })}</p>` : nothing}
    </main>`;
  }

  #headline(view) {
    const { kind, value } = view?.theme ?? { kind: "neutral" };
    if (kind === "category") return t("screen.category", { value: word("categories", value) });
    if (kind === "brand") return t("screen.brand", { value });
    return t("screen.neutral");
  }

  #start(device) {
    this.device = device;
    const live = new Live(device.token);
    this.#live = live;
    live.addEventListener("change", () => this.#dress(live.cards.find((card) => card.kind === "screen")));
    live.addEventListener("line", () => { this.offline = live.offlineSince; });
    live.addEventListener("refused", () => { forget("screen"); this.device = null; this.view = null; });
  }

  /** A card that ran out leaves the general part standing: the loop plays on without the store, the theme does not. */
  #dress(card) {
    // A new theme opens with one of its own articles in front.
    if (card && card.theme.value !== this.view?.theme.value) this.turn = 0;
    if (card) this.view = card;
    else if (this.view) this.view = { ...this.view, theme: { kind: "neutral", value: "" }, themed: [] };
  }
}

customElements.define("regulars-screen", Screen);
