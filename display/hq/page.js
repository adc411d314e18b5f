// Head office's own page: the door, then its parts; each role sees the parts that its rights open.

import { LitElement, css, html, nothing } from "lit";

import "../shared/theme.js";
import { icon } from "../shared/icons.js";
import { otherLanguage, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import "./access.js";
import "./audit.js";
import "./door.js";
import "./members.js";
import { Office } from "./office.js";
import "./overview.js";
import "./pictures.js";

const PARTS = { overview: ["screen", "stores.read"], members: ["people", "members.read"], pictures: ["hanger", "catalogue.write"], audit: ["note", "audit.read"], access: ["person", null] };

export class HeadOffice extends LitElement {
  static properties = { phase: { state: true }, part: { state: true }, token: { state: true } };

  static styles = [base, controls, css`
    :host { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); block-size: 100dvh; }
    header { display: flex; align-items: center; gap: var(--gap-s); padding: .3rem var(--gap-s) .3rem var(--gap-l); } h1 { font-size: 1.375rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    main { overflow-y: auto; padding: var(--gap-s) var(--gap-l) var(--gap-xxl); } main > * { max-inline-size: 64rem; margin-inline: auto; }
    nav { display: flex; background: var(--paper); border-block-start: 1px solid var(--line); padding-block-end: env(safe-area-inset-bottom); }
    nav button { flex: 1; flex-direction: column; gap: .15rem; border: 0; border-radius: 0; background: none; min-block-size: 3.75rem; padding: .3rem .1rem; font-size: var(--size-s); color: var(--ink-soft); line-height: 1.15; }
    nav button[aria-current="page"] { color: var(--pine-deep); background: none; box-shadow: inset 0 3px 0 var(--pine); font-weight: 700; }
    @media (max-width: 26rem) { nav button { font-size: .6875rem; letter-spacing: -.01em; } .out span { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); } }
    @media (min-width: 60rem) {
      :host { grid-template: auto minmax(0, 1fr) / 14rem minmax(0, 1fr); } header { grid-column: 1 / -1; } .alone { grid-column: 1 / -1; }
      nav { grid-area: 2 / 1; flex-direction: column; border: 0; background: none; padding: var(--gap-s); gap: .2rem; }
      nav button { flex: none; flex-direction: row; justify-content: flex-start; gap: var(--gap-m); min-block-size: var(--touch); padding-inline: var(--gap-m); border-radius: var(--round-m); font-size: var(--size-m); }
      nav button[aria-current="page"] { background: var(--pine-wash); box-shadow: none; }
      main { padding-block-start: var(--gap-m); } main > * { margin-inline: 0; } .alone > * { margin-inline: auto; }
    }
    @media (min-width: 100rem) { main > :is(regulars-hq-overview, regulars-hq-pictures, regulars-hq-audit) { max-inline-size: 100rem; } }
  `];

  constructor() {
    super();
    this.phase = "opening";
    this.part = "overview";
    this.token = new URLSearchParams(location.hash.slice(1)).get("setup") ?? "";
    // A link works once: out of the address with it, so that it is neither bookmarked nor shown.
    if (this.token) history.replaceState(null, "", location.pathname + location.search);
    this.office = new Office();
    this.office.addEventListener("change", () => { this.phase = this.office.me ? "in" : "out"; });
  }

  async connectedCallback() {
    super.connectedCallback();
    this.phase = this.token ? "out" : await this.office.open();
  }

  render() {
    const other = otherLanguage();
    const isIn = this.phase === "in" && !this.token;
    return html`<header><h1 class="grow">${t("hq.title")}</h1>
        <a class="button quiet" href=${other.href} hreflang=${other.lang} lang=${other.lang} aria-label=${`${other.lang.toUpperCase()}: ${t("language.other")}`}>${other.lang.toUpperCase()}</a>
        ${isIn ? html`<button class="quiet out" title=${t("hq.sign_out")} @click=${() => this.office.signOut()}>${icon("door")} <span>${t("hq.sign_out")}</span></button>` : nothing}</header>
      <main tabindex="0" class=${isIn ? "" : "alone"}>${isIn ? this.#part() : this.#door()}</main>
      ${isIn ? html`<nav aria-label=${t("hq.parts")}>${this.#parts().map((part) => html`<button data-part=${part} aria-current=${this.part === part ? "page" : nothing} @click=${() => this.#go(part)}>${icon(PARTS[part][0], 24)}<span>${t(`hq.part.${part}`)}</span></button>`)}</nav>` : nothing}`;
  }

  #parts() {
    return Object.keys(PARTS).filter((part) => PARTS[part][1] === null || this.office.may(PARTS[part][1]));
  }

  #part() {
    if (this.part === "members") return html`<regulars-hq-members .office=${this.office}></regulars-hq-members>`;
    if (this.part === "pictures") return html`<regulars-hq-pictures .office=${this.office}></regulars-hq-pictures>`;
    if (this.part === "audit") return html`<regulars-hq-audit .office=${this.office}></regulars-hq-audit>`;
    if (this.part === "access") return html`<regulars-hq-access .office=${this.office}></regulars-hq-access>`;
    return html`<regulars-hq-overview .office=${this.office}></regulars-hq-overview>`;
  }

  #door() {
    if (this.phase === "opening") return html`<p class="soft" role="status">${t("opening")}</p>`;
    if (this.phase === "offline") return html`<div class="note warn stack" role="status"><p>${t("error.offline")}</p><div><button @click=${() => this.connectedCallback()}>${t("again")}</button></div></div>`;
    return html`<regulars-hq-door .office=${this.office} .token=${this.token} @used=${() => { this.token = ""; }}></regulars-hq-door>`;
  }

  #go(part) {
    this.part = part;
    const main = this.renderRoot.querySelector("main");
    main.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

customElements.define("regulars-hq", HeadOffice);
