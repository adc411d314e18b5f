// The staff page: list and card over the live line. What it shows is the store's last word; what it does is a command.

import { LitElement, css, html, nothing } from "lit";

import "../shared/theme.js";
import "../shared/notice.js";
import "../shared/pairing.js";
import "../shared/staff_card.js";
import { icon } from "../shared/icons.js";
import { nameOf, otherLanguage, t, word } from "../shared/i18n.js";
import { itemStyles, picture, publicPrice } from "../shared/item.js";
import { Live } from "../shared/live.js";
import { forget } from "../shared/session.js";
import { heading } from "../shared/staff_card.js";
import { base, controls } from "../shared/styles.js";
import "./checkin.js";
import "./list.js";
import "./phone_code.js";

// A tablet left on the counter shows nobody's sizes to the next customer. `?blur_s=` changes it, 0 never blurs.
const BLUR_AFTER_S = Number(new URLSearchParams(location.search).get("blur_s") ?? 30);
const STATES = ["served", "fitting", "left"];

export class Staff extends LitElement {
  static properties = { device: { state: true }, cards: { state: true }, open: { state: true }, covered: { state: true }, customer: { state: true }, offline: { state: true }, tick: { state: true } };

  static styles = [base, controls, itemStyles, css`
    :host { display: grid; grid-template: auto auto minmax(0, 1fr) / minmax(0, 1fr); block-size: 100dvh; }
    header { display: flex; align-items: center; gap: .25rem; padding: .3rem var(--gap-s) .3rem var(--gap-l); background: var(--linen); border-block-end: 1px solid var(--line); }
    header h1 { font-size: 1.25rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    header .quiet { padding-inline: .6rem; }
    main { display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); min-block-size: 0; position: relative; }
    .pane { overflow-y: auto; padding: var(--gap-m); min-inline-size: 0; overscroll-behavior: contain; }
    .card { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); min-block-size: 0; min-inline-size: 0; background: var(--linen); }
    .top { display: flex; align-items: center; gap: .25rem; padding: .25rem var(--gap-m) .25rem .35rem; background: var(--paper); border-block-end: 1px solid var(--line); }
    .top h2 { font-size: 1.375rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .top .grow { display: grid; gap: .05rem; }
    .actions { display: flex; gap: .4rem; padding: var(--gap-s) var(--gap-m) calc(var(--gap-s) + env(safe-area-inset-bottom)); background: var(--paper); border-block-start: 1px solid var(--line); }
    .actions button { flex: 1 1 auto; padding-inline: .5rem; font-size: .9375rem; min-inline-size: 3.1rem; }
    @media (max-width: 26rem) { header { padding-inline-start: var(--gap-m); } header h1 { font-size: 1.0625rem; } .actions { gap: .3rem; padding-inline: .5rem; } .actions button { padding-inline: .15rem; font-size: .8125rem; } }
    .cover { position: absolute; inset: 0; z-index: 5; display: grid; place-content: center; justify-items: center; gap: var(--gap-m); padding: var(--gap-l); background: var(--linen); text-align: center; }
    .choose { display: none; }
    .public { display: grid; gap: var(--gap-l); grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); }
    .public li { display: grid; gap: .3rem; }
    .name { font-weight: 600; }
    @media (min-width: 56rem) {
      main { grid-template-columns: minmax(21rem, 26rem) minmax(0, 1fr); }
      .list { border-inline-end: 1px solid var(--line); }
      .card .pane { padding: var(--gap-l) clamp(var(--gap-l), 3vw, var(--gap-xxl)); }
      .back { display: none; } .top { padding-inline-start: clamp(var(--gap-l), 3vw, var(--gap-xxl)); padding-block: .6rem; } .actions { padding-inline: clamp(var(--gap-l), 3vw, var(--gap-xxl)); }
      .actions button { flex: 0 1 auto; padding-inline: 1.2rem; }
      .choose { display: grid; place-content: center; justify-items: center; text-align: center; color: var(--ink-soft); padding: var(--gap-xl); gap: var(--gap-m); }
    }
    @media (max-width: 55.99rem) { [data-open] .list { display: none; } }
  `];

  #live = null;
  #mine = new Set();
  #blur = 0;
  #minutes = 0;

  constructor() {
    super();
    this.cards = [];
    for (const touch of ["pointerdown", "keydown"]) this.addEventListener(touch, () => this.#touched());
  }

  connectedCallback() {
    super.connectedCallback();
    this.#minutes = setInterval(() => { this.tick = Date.now(); }, 15_000);
    this.#touched();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#minutes);
    clearTimeout(this.#blur);
    this.#live?.close();
  }

  render() {
    if (!this.device) return html`<regulars-pairing kind="staff" @paired=${(event) => this.#start(event.detail)}></regulars-pairing>`;
    const status = this.cards.find((card) => card.kind === "status");
    const visits = this.cards.filter((card) => card.kind === "visit");
    const card = visits.find((visit) => visit.id === this.open);
    const other = otherLanguage();
    return html`
      <header>
        <h1 class="grow">${status?.store_name || t("staff.title")}</h1>
        <a class="button quiet" href=${other.href} hreflang=${other.lang} lang=${other.lang} aria-label=${`${other.lang.toUpperCase()}: ${t("language.other")}`}>${other.lang.toUpperCase()}</a>
        <button class="quiet icon" aria-pressed=${this.customer ? "true" : "false"} aria-label=${t("staff.customer_view")} title=${t("staff.customer_view")} @click=${() => { this.customer = !this.customer; }}>${icon("eye")}</button>
        <button class="quiet icon" aria-label=${t("checkin.title")} title=${t("checkin.title")} @click=${() => this.#part("regulars-checkin").show()}>${icon("plus", 24)}</button>
      </header>
      <regulars-notice .line=${this.offline} .office=${status?.offline_since ?? null}></regulars-notice>
      <main ?data-open=${Boolean(card)}>
        ${this.covered ? this.#cover() : this.customer ? this.#public(card) : html`
          <div class="pane list"><regulars-staff-list .cards=${visits} .quiet=${this.cards.find((held) => held.kind === "quiet")?.count ?? 0} .open=${this.open} .mine=${new Set(this.#mine)}
            @open=${(event) => this.#show(event.detail.id)} @claim=${(event) => this.#claim(event.detail.id)} @release=${(event) => this.#release(event.detail.id)}></regulars-staff-list></div>
          ${card ? this.#card(card) : html`<div class="choose">${icon("hanger", 64)}<p>${t("staff.choose")}</p></div>`}`}
      </main>
      <regulars-checkin .send=${(loyalty) => this.#live.command("checkin", { loyalty })} @done=${(event) => this.#show(event.detail.visit_id)}></regulars-checkin>
      <regulars-phone-code></regulars-phone-code>`;
  }

  #card(card) {
    const head = heading(card);
    const mine = this.#mine.has(card.id);
    return html`<article class="card" aria-label=${head.name}>
      <div class="top">
        <button class="quiet icon back" aria-label=${t("back")} @click=${() => { this.open = ""; }}>${icon("back", 24)}</button>
        <div class="grow"><h2>${head.name}</h2><span class="small soft">${t(`state.${card.state}`)} · ${head.place}${card.claimed_by ? ` · ${t("claim.taken", { who: card.claimed_by })}` : ""}</span></div>
        ${card.tier ? html`<span class="chip gold">${word("tier", card.tier.value)}</span>` : nothing}
        <button class="quiet icon" aria-label=${t("phone_code.title")} title=${t("phone_code.title")} @click=${() => this.#phoneCode(card.id)}>${icon("phone", 22)}</button>
      </div>
      <div class="pane" tabindex="0" role="region" aria-label=${t("card.title", { name: head.name })}>
        ${card.alias ? html`<regulars-staff-card .card=${card} @dismiss=${(event) => this.#command("dismiss_hint", { visit_id: card.id, reason: event.detail.reason }, "said.noted")}></regulars-staff-card>`
          : html`<p class="note">${t("card.unnamed")}</p>`}
      </div>
      <div class="actions" role="group" aria-label=${t("staff.actions")}>
        ${mine || card.claimed_by
          ? html`<button aria-pressed=${mine ? "true" : "false"} @click=${() => this.#release(card.id)}>${t(mine ? "claim.release" : "claim.take_over")}</button>`
          : html`<button class="primary" @click=${() => this.#claim(card.id)}>${t("claim.take")}</button>`}
        ${STATES.map((state) => html`<button aria-pressed=${card.state === state ? "true" : "false"}
          @click=${() => this.#command("state", { visit_id: card.id, state: card.state === state ? "here" : state })}>${t(`state.${state}.do`)}</button>`)}
      </div>
    </article>`;
  }

  /** What may lie open while a customer looks on: articles as anybody may see them, and no one named. */
  #public(card) {
    const items = card ? [...card.reservations.map((held) => held.item), ...card.looks, ...card.seen] : [];
    const once = items.filter((item, index) => items.findIndex((other) => other.product_id === item.product_id) === index);
    return html`<div class="pane" tabindex="0" role="region" aria-label=${t("staff.customer_view")}>
      <div class="row spread wrap"><h2>${t("staff.customer_title")}</h2><button @click=${() => { this.customer = false; }}>${t("staff.customer_end")}</button></div><br>
      ${once.length ? html`<ul class="public">${once.map((item) => html`<li>${picture(item)}<span class="small soft">${item.brand}</span><span class="name">${nameOf(item)}</span><span>${publicPrice(item)}</span></li>`)}</ul>`
        : html`<p class="soft">${t("staff.customer_empty")}</p>`}</div>`;
  }

  #cover() {
    return html`<div class="cover">${icon("hidden", 56)}<h2>${t("staff.covered")}</h2><p class="soft">${t("staff.covered_why")}</p>
      <button class="primary" @click=${() => this.#touched()}>${t("staff.uncover")}</button></div>`;
  }

  #start(device) {
    this.device = device;
    const live = new Live(device.token);
    this.#live = live;
    live.addEventListener("change", () => {
      this.cards = live.cards;
      for (const id of this.#mine) if (!this.cards.some((card) => card.id === id && card.claimed_by)) this.#mine.delete(id);
    });
    live.addEventListener("line", () => { this.offline = live.offlineSince; });
    live.addEventListener("refused", () => { forget("staff"); this.device = null; this.cards = []; });
  }

  #show(id) {
    this.open = id;
    if (id) this.#live.command("open_card", { visit_id: id });
  }

  async #claim(id) {
    const ack = await this.#command("claim", { visit_id: id });
    if (ack.ok) this.#mine.add(id);
    this.requestUpdate();
  }

  async #release(id) {
    const ack = await this.#command("release", { visit_id: id });
    if (ack.ok) this.#mine.delete(id);
    this.requestUpdate();
  }

  async #phoneCode(id) {
    const ack = await this.#command("phone_code", { visit_id: id });
    if (ack.ok) await this.#part("regulars-phone-code").show(ack);
  }

  async #command(name, fields, said = "") {
    const ack = await this.#live.command(name, fields);
    if (!ack.ok) this.#part("regulars-notice").say(t(ack.error || "error.refused"));
    else if (said) this.#part("regulars-notice").say(t(said));
    return ack;
  }

  #touched() {
    this.covered = false;
    clearTimeout(this.#blur);
    if (BLUR_AFTER_S > 0) this.#blur = setTimeout(() => { this.covered = true; }, BLUR_AFTER_S * 1000);
  }

  #part(name) {
    return this.renderRoot.querySelector(name);
  }
}

customElements.define("regulars-staff", Staff);
