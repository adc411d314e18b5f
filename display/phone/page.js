// The shopper's own page: four tabs over one session. Without a session it asks for the single-use code.

import { LitElement, css, html, nothing } from "lit";

import "../shared/theme.js";
import "../shared/notice.js";
import { icon } from "../shared/icons.js";
import { otherLanguage, t } from "../shared/i18n.js";
import { article, itemStyles } from "../shared/item.js";
import { base, controls } from "../shared/styles.js";
import "./account.js";
import "./mirror.js";
import "./now.js";
import { Shopper } from "./shopper.js";

const TABS = { now: "pin", list: "heart", mirror: "eye", account: "person" };

export class Phone extends LitElement {
  static properties = { phase: { state: true }, tab: { state: true }, error: { state: true }, stamp: { state: true } };

  static styles = [base, controls, itemStyles, css`
    :host { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); block-size: 100dvh; }
    header { display: flex; align-items: center; gap: var(--gap-s); padding: .25rem var(--gap-s) .25rem var(--gap-l); }
    header h1 { font-size: 1.375rem; }
    main { overflow-y: auto; padding: var(--gap-s) var(--gap-l) var(--gap-xl); overscroll-behavior: contain; }
    main > * { max-inline-size: 60rem; margin-inline: auto; }
    nav { display: grid; grid-template-columns: repeat(4, 1fr); background: var(--paper); border-block-start: 1px solid var(--line); padding-block-end: env(safe-area-inset-bottom); }
    nav button { flex-direction: column; gap: .15rem; border: 0; border-radius: 0; background: none; min-block-size: 3.75rem; padding: .3rem .1rem; font-size: var(--size-s); color: var(--ink-soft); line-height: 1.15; }
    nav button[aria-current="page"] { color: var(--pine-deep); background: none; box-shadow: inset 0 3px 0 var(--pine); font-weight: 700; }
    form { max-inline-size: 26rem; margin: 6vh auto 0; }
    input.code { font-size: 1.5rem; text-align: center; text-transform: uppercase; }
    .list { display: grid; gap: var(--gap-l); grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); }
  `];

  constructor() {
    super();
    this.phase = "opening";
    this.tab = "now";
    this.shopper = new Shopper();
    this.shopper.addEventListener("change", () => this.#follow());
  }

  connectedCallback() {
    super.connectedCallback();
    this.#open();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.shopper.close();
  }

  render() {
    const { member, visit, offlineSince } = this.shopper;
    const other = otherLanguage();
    return html`
      <div><header><h1 class="grow">${member?.alias ? t("phone.hello", { alias: member.alias }) : t("phone.title")}</h1>
        <a class="button quiet" href=${other.href} hreflang=${other.lang} lang=${other.lang} aria-label=${`${other.lang.toUpperCase()}: ${t("language.other")}`}>${other.lang.toUpperCase()}</a></header>
        <regulars-notice .line=${offlineSince} .office=${visit?.offline_since ?? null}></regulars-notice></div>
      <main tabindex="-1">${this.#phase === "ready" ? this.#tab() : this.#door()}</main>
      ${this.#phase === "ready" ? html`<nav aria-label=${t("phone.tabs")}>${Object.entries(TABS).map(([tab, glyph]) => html`<button data-tab=${tab} aria-current=${this.tab === tab ? "page" : nothing} @click=${() => this.#go(tab)}>${icon(glyph, 24)}<span>${t(`phone.tab.${tab}`)}</span></button>`)}</nav>` : nothing}`;
  }

  /** Who left on another device, or at the till, has left here too. */
  get #phase() {
    const { member } = this.shopper;
    return this.phase === "ready" && member && !member.purposes?.includes("recognise") ? "left" : this.phase;
  }

  #tab() {
    const { shopper } = this;
    if (this.tab === "mirror") return html`<regulars-mirror .visit=${shopper.visit} .hidden=${shopper.member?.hidden ?? []} @hide=${(event) => this.#hide(event.detail.fact)} @unhide=${(event) => this.#unhide(event.detail.fact)}></regulars-mirror>`;
    if (this.tab === "account") return html`<regulars-account .shopper=${shopper} .stamp=${this.stamp} @said=${(event) => this.#say(event.detail.text)} @left=${() => { this.phase = "left"; }}></regulars-account>`;
    if (this.tab === "list") return this.#list(shopper.visit?.list ?? []);
    return html`<regulars-phone-now .shopper=${shopper} .stamp=${this.stamp} .storeId=${shopper.lastStore}></regulars-phone-now>`;
  }

  #list(items) {
    const products = (id) => items.find((item) => item.product_id === id);
    return html`<div class="stack"><h2>${t("phone.list")}</h2>${items.length
      ? html`<p class="soft">${t("phone.list_how")}</p><ul class="list">${items.map((item) => article(item, products))}</ul>`
      : html`<p class="soft">${t(this.shopper.visit ? "phone.list_empty" : "phone.list_away")}</p>`}</div>`;
  }

  #door() {
    if (this.phase === "opening") return html`<p class="soft" role="status">${t("opening")}</p>`;
    if (this.#phase === "left") return html`<div class="note good stack" role="status"><h2>${t("leave.done")}</h2><p>${t("leave.done_what")}</p>
      ${this.shopper.member ? html`<a class="button" href="/phone/export" download="regulars.json">${icon("note")} ${t("account.export")}</a>` : nothing}</div>`;
    if (this.phase === "offline") return html`<div class="note warn stack" role="alert"><p>${t("error.offline")}</p><button @click=${() => this.#open()}>${t("again")}</button></div>`;
    return html`<form class="sheet stack" @submit=${this.#submit}><h2>${t("phone.code")}</h2><p class="soft">${t("phone.code_how")}</p>
      <label class="field"><span>${t("phone.code_field")}</span><input class="code" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required maxlength="12" aria-describedby="mistake"></label>
      <p id="mistake" class="mistake" role="alert">${this.error ? t(this.error) : nothing}</p>
      <button class="primary">${t("phone.code_go")}</button></form>
      <br><p class="small soft">${t("phone.no_member")} <a href="/join">${t("phone.join")}</a></p>`;
  }

  async #open() {
    const code = codeInAddress();
    if (code) this.error = await this.shopper.bind(code);
    this.phase = await this.shopper.open();
  }

  async #submit(event) {
    event.preventDefault();
    this.error = await this.shopper.bind(new FormData(event.target).get("code").replace(/[\s-]/g, "").toUpperCase());
    if (!this.error) this.phase = await this.shopper.open();
  }

  /** A visit that ended because the shopper chose invisible leaves its store behind, to speak to it again. */
  #follow() {
    const { shopper } = this;
    if (shopper.visit) Object.assign(shopper, { lastStore: shopper.visit.store_id, veiled: shopper.visit.mode === "invisible" });
    else if (this.#asked === "invisible") shopper.veiled = true;
    if (!shopper.member && this.phase === "ready") this.phase = "code";
    this.stamp = Date.now() + Math.random();
  }

  get #asked() {
    return this.renderRoot?.querySelector("regulars-phone-now")?.wanted;
  }

  async #hide(fact) {
    const store = this.shopper.visit?.store_id ?? this.shopper.lastStore;
    const error = await this.shopper.command("hide", { fact, ...(store ? { store_id: store } : {}) });
    this.#say(t(error || "said.hidden"));
  }

  async #unhide(fact) {
    this.#say(t((await this.shopper.change({ hidden: (this.shopper.member?.hidden ?? []).filter((other) => other !== fact) })) || "said.saved"));
  }

  #go(tab) {
    this.tab = tab;
    this.renderRoot.querySelector("main").scrollTo(0, 0);
  }

  #say(text) {
    this.renderRoot.querySelector("regulars-notice").say(text);
  }
}

/** The code that a link carries, taken out of the address at once: it is single-use and nobody should bookmark it. */
function codeInAddress() {
  const address = new URL(location.href);
  const code = new URLSearchParams(address.hash.slice(1)).get("code") ?? address.searchParams.get("code");
  if (code) {
    address.searchParams.delete("code");
    address.hash = "";
    history.replaceState(null, "", address.pathname + address.search);
  }
  return code;
}

customElements.define("regulars-phone", Phone);
