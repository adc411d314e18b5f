// The staff page: list and card over the live line. What it shows is the store's last word; what it does is a command.

import { LitElement, css, html, nothing } from "lit";

import "../shared/theme.js";
import "../shared/notice.js";
import "../shared/pairing.js";
import "../shared/staff_card.js";
import { nowS } from "../shared/clock.js";
import { icon } from "../shared/icons.js";
import { nameOf, otherLanguage, t, word } from "../shared/i18n.js";
import { itemStyles, picture, publicPrice } from "../shared/item.js";
import { Live } from "../shared/live.js";
import { origin } from "../shared/mark.js";
import { forget } from "../shared/session.js";
import { heading } from "../shared/staff_card.js";
import { base, controls } from "../shared/styles.js";
import "./checkin.js";
import { keepShell } from "./install.js";
import "./list.js";
import "./notes.js";
import "./phone_code.js";
import "./picks.js";
import "./search.js";

// A tablet left on the counter shows nobody's sizes to the next customer. `?blur_s=` changes it, 0 never blurs.
const BLUR_AFTER_S = Number(new URLSearchParams(location.search).get("blur_s") ?? 30);
// Nobody used it for a quarter of an hour: the tablet lies somewhere. It lets go of the line and of all it knew.
const LOCK_AFTER_S = Number(new URLSearchParams(location.search).get("lock_s") ?? 900);
const STATES = ["served", "fitting", "left"];
// The animal that this tablet is called today; the store deals it and forgets it.
const ME = "regulars.staff.me";

export class Staff extends LitElement {
  static properties = { device: { state: true }, cards: { state: true }, open: { state: true }, part: { state: true }, me: { state: true }, covered: { state: true }, locked: { state: true }, customer: { state: true }, offline: { state: true }, tick: { state: true } };

  static styles = [base, controls, itemStyles, css`
    :host { display: grid; grid-template: auto auto minmax(0, 1fr) / minmax(0, 1fr); block-size: 100dvh; }
    header { display: flex; align-items: center; gap: .25rem; padding: .3rem var(--gap-s) .3rem var(--gap-l); background: var(--linen); border-block-end: 1px solid var(--line); }
    header h1 { font-size: 1.25rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    header .quiet { padding-inline: .6rem; position: relative; }
    header [aria-current="page"] { background: var(--pine-wash); }
    .badge { position: absolute; inset-block-start: .1rem; inset-inline-end: .05rem; min-inline-size: 1.25rem; padding: .05rem .3rem; border-radius: var(--round-pill); background: var(--clay); color: var(--on-colour); font: 700 .75rem/1.2 var(--sans); }
    .foot { display: flex; align-items: center; justify-content: space-between; gap: var(--gap-s); flex-wrap: wrap; padding-block-start: var(--gap-m); color: var(--ink-soft); font-size: var(--size-s); }
    .part { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); min-block-size: 0; }
    .after { display: grid; gap: var(--gap-s); grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); padding-block: var(--gap-m); }
    main { display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); min-block-size: 0; position: relative; }
    .pane { overflow-y: auto; padding: var(--gap-m); min-inline-size: 0; overscroll-behavior: contain; }
    .card { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); min-block-size: 0; min-inline-size: 0; background: var(--linen); }
    .top { display: flex; align-items: center; gap: .25rem; padding: .25rem var(--gap-m) .25rem .35rem; background: var(--paper); border-block-end: 1px solid var(--line); }
    .top h2:focus-visible { outline-offset: 0; }
    .top h2 { font-size: 1.375rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .top .grow { display: grid; gap: .05rem; }
    .actions { display: flex; gap: .4rem; padding: var(--gap-s) var(--gap-m) calc(var(--gap-s) + env(safe-area-inset-bottom)); background: var(--paper); border-block-start: 1px solid var(--line); }
    .actions button { flex: 1 1 auto; padding-inline: .5rem; font-size: .9375rem; min-inline-size: 3.1rem; }
    @media (max-width: 26rem) { header { padding-inline-start: var(--gap-m); } header h1 { font-size: 1rem; line-height: 1.1; white-space: normal; text-wrap: wrap; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; } header .icon { min-inline-size: 3rem; } .actions { gap: .3rem; padding-inline: .5rem; } .actions button { padding-inline: .1rem; border-radius: var(--round-m); font-size: .8125rem; letter-spacing: -.01em; } }
    .shut { grid-row: 1 / -1; } .shut h1 { font-size: var(--size-xl); }
    .cover { position: absolute; inset: 0; z-index: 5; display: grid; place-content: center; justify-items: center; gap: var(--gap-m); padding: var(--gap-l); background: var(--linen); text-align: center; }
    .choose { display: none; }
    .public { display: grid; gap: var(--gap-l); grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); }
    .public li { display: grid; gap: .3rem; }
    .name { font-weight: 600; }
    @media (min-width: 56rem) {
      main { grid-template-columns: minmax(21rem, 26rem) minmax(0, 1fr); }
      .list { border-inline-end: 1px solid var(--line); }
      .card .pane, .part .pane { padding: var(--gap-l) clamp(var(--gap-l), 3vw, var(--gap-xxl)); }
      .back { display: none; } .top { padding-inline-start: clamp(var(--gap-l), 3vw, var(--gap-xxl)); padding-block: .6rem; } .actions { padding-inline: clamp(var(--gap-l), 3vw, var(--gap-xxl)); }
      .actions button { flex: 0 1 auto; padding-inline: 1.2rem; }
      .choose { display: grid; place-content: center; justify-items: center; text-align: center; color: var(--ink-soft); padding: var(--gap-xl); gap: var(--gap-m); }
    }
    @media (max-width: 55.99rem) { [data-open] .list { display: none; } }
    .list.alone { grid-column: 1 / -1; border: 0; }
  `];

  #live = null;
  #lock = 0;
  #blur = 0;
  #minutes = 0;

  constructor() {
    super();
    this.cards = [];
    this.part = "";
    this.me = sessionStorage.getItem(ME) ?? "";
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
    clearTimeout(this.#lock);
    this.#live?.close();
  }

  render() {
    if (!this.device) return html`<regulars-pairing kind="staff" @paired=${(event) => this.#start(event.detail)}></regulars-pairing>`;
    if (this.locked) return html`<main class="shut">${this.#locked()}</main>`;
    const status = this.cards.find((card) => card.kind === "status");
    const picks = this.cards.find((card) => card.kind === "picks");
    const visits = this.cards.filter((card) => card.kind === "visit");
    const card = visits.find((visit) => visit.id === this.open);
    const beside = card || this.part;
    return html`
      <header>
        <h1 class="grow">${status?.store_name || t("staff.title")}</h1>
        ${this.#tool("search", "search")}
        ${this.#tool("picks", "basket", picks?.lines.filter((line) => line.step === "reserved" || line.held_until <= nowS()).length)}
        <button class="quiet icon" aria-pressed=${this.customer ? "true" : "false"} aria-label=${t("staff.customer_view")} title=${t("staff.customer_view")} @click=${() => { this.customer = !this.customer; }}>${icon("eye")}</button>
        <button class="quiet icon" aria-label=${t("checkin.title")} title=${t("checkin.title")} @click=${() => this.#part("regulars-checkin").show()}>${icon("plus", 24)}</button>
      </header>
      <regulars-notice .line=${this.offline} .office=${status?.offline_since ?? null}></regulars-notice>
      <main ?data-open=${Boolean(beside)}>
        ${this.covered ? this.#cover() : this.customer ? this.#public(card) : html`
          <div class="pane list ${beside || visits.length <= 7 ? "" : "alone"}"><regulars-staff-list .cards=${visits} .quiet=${this.cards.find((held) => held.kind === "quiet")?.count ?? 0} .open=${this.open} .me=${this.me}
            @open=${(event) => this.#show(event.detail.id)} @claim=${(event) => this.#claim(event.detail.id)} @release=${(event) => this.#release(event.detail.id)}></regulars-staff-list>${this.#foot()}</div>
          ${this.part ? this.#tools(picks, visits, card) : card ? this.#card(card) : visits.length <= 7 ? html`<div class="choose">${icon("hanger", 64)}<p>${t("staff.choose")}</p></div>` : nothing}`}
      </main>
      <regulars-checkin .send=${(fields) => this.#live.command("checkin", fields)} .find=${(fields) => this.#live.command("find", fields)} @done=${(event) => this.#arrived(event.detail)}></regulars-checkin>
      <regulars-notes .send=${(fields) => this.#live.command("note", { visit_id: this.open, ...fields })}></regulars-notes>
      <regulars-dialog .heading=${t("card.not_this")}><div class="stack"><p>${t("card.not_this_how")}</p><button class="warm" @click=${() => this.#notThis()}>${t("card.not_this")}</button></div></regulars-dialog>
      <regulars-phone-code></regulars-phone-code>`;
  }

  #tool(part, glyph, count = 0) {
    return html`<button class="quiet icon" aria-current=${this.part === part ? "page" : nothing} aria-label=${count ? `${t(`staff.${part}`)}: ${count}` : t(`staff.${part}`)} title=${t(`staff.${part}`)}
      @click=${() => this.#turn(part)}>${icon(glyph, 22)}${count ? html`<span class="badge" aria-hidden="true">${count}</span>` : nothing}</button>`;
  }

  #foot() {
    const other = otherLanguage();
    return html`<div class="foot"><span>${this.me ? t("claim.you", { who: word("shift", this.me) }) : nothing}</span>
      <a class="button quiet" href=${other.href} hreflang=${other.lang} lang=${other.lang}>${t("language.other")}</a></div>`;
  }

  #tools(picks, visits, card) {
    return html`<div class="part">
      <div class="top"><button class="quiet icon" aria-label=${t("back")} @click=${() => { this.part = ""; }}>${icon("back", 24)}</button><h2 class="grow">${t(`staff.${this.part}`)}</h2></div>
      <div class="pane" tabindex="0" role="region" aria-label=${t(`staff.${this.part}`)}>${this.part === "search"
        ? html`<regulars-search .card=${card ?? null} .send=${(fields) => this.#live.command("search", fields)}></regulars-search>`
        : html`<regulars-picks .picks=${picks ?? null} .cards=${visits} @step=${(event) => this.#step(event.detail)} @open=${(event) => this.#show(event.detail.id)}></regulars-picks>`}</div>
    </div>`;
  }

  #card(card) {
    const head = heading(card);
    return html`<article class="card" aria-label=${head.name}>
      <div class="top">
        <button class="quiet icon back" aria-label=${t("back")} @click=${() => this.#back()}>${icon("back", 24)}</button>
        <div class="grow"><h2 tabindex="-1">${head.name}</h2><span class="small soft">${t(`state.${card.state}`)} · ${head.place}${card.claimed_by ? ` · ${t("claim.taken", { who: word("shift", card.claimed_by) })}` : ""}</span></div>
        ${card.tier ? html`<span class="chip gold" title=${origin(card.tier)}>${word("tier", card.tier.value)}<span class="unseen"> (${origin(card.tier)})</span></span>` : nothing}
        <button class="quiet icon" aria-label=${t("phone_code.title")} title=${t("phone_code.title")} @click=${() => this.#phoneCode(card.id)}>${icon("phone", 22)}</button>
      </div>
      <div class="pane" tabindex="0" role="region" aria-label=${t("card.title", { name: head.name })}>
        ${card.alias ? html`<regulars-staff-card .card=${card} @dismiss=${(event) => this.#command("dismiss_hint", { visit_id: card.id, reason: event.detail.reason }, "said.noted")}
            @step=${(event) => this.#step({ visit_id: card.id, ...event.detail })} @note_done=${(event) => this.#command("note_done", { visit_id: card.id, ...event.detail })}></regulars-staff-card>
          <div class="after"><button @click=${() => this.#part("regulars-notes").show()}>${icon("note")} ${t("note.title")}</button>
            <button @click=${() => this.#turn("search")}>${icon("search")} ${t("staff.search")}</button>
            <button class="quiet" @click=${() => this.#part("regulars-dialog").show()}>${icon("swap")} ${t("card.not_this")}</button></div>`
          : html`<p class="note">${t("card.unnamed")}</p>`}
      </div>
      <div class="actions" role="group" aria-label=${t("staff.actions")}>
        ${this.#serving(card)}
        ${STATES.map((state) => html`<button aria-pressed=${card.state === state ? "true" : "false"}
          @click=${() => this.#command("state", { visit_id: card.id, state: card.state === state ? "here" : state })}>${t(`state.${state}.do`)}</button>`)}
      </div>
    </article>`;
  }

  /** Mine: let a colleague go on. Somebody else's: take over. Nobody's: take. */
  #serving(card) {
    if (!card.claimed_by) return html`<button class="primary" @click=${() => this.#claim(card.id)}>${t("claim.take")}</button>`;
    if (card.claimed_by === this.me) return html`<button @click=${() => this.#command("hand_over", { visit_id: card.id })}>${t("claim.hand_over")}</button>`;
    return html`<button aria-label=${t("claim.over_from", { who: word("shift", card.claimed_by) })} @click=${() => this.#claim(card.id, true)}>${t("claim.over")}</button>`;
  }

  /** What may lie open while a customer looks on: articles as anybody may see them, and no one named. */
  #public(card) {
    const items = card ? [...card.reservations.map((held) => held.item), ...card.looks, ...card.seen] : [];
    const once = items.filter((item, index) => items.findIndex((other) => other.product_id === item.product_id) === index);
    return html`<div class="pane" tabindex="0" role="region" aria-label=${t("staff.customer_view")}>
      <div class="row spread wrap"><h2>${t("staff.customer_title")}</h2><button @click=${() => { this.customer = false; }}>${t("staff.customer_end")}</button></div><br>
      ${once.length ? html`<ul class="public">${once.map((item) => html`<li>${picture(item, { size: 480 })}<span class="small soft">${item.brand}</span><span class="name">${nameOf(item)}</span><span>${publicPrice(item)}</span></li>`)}</ul>`
        : html`<p class="soft">${t("staff.customer_empty")}</p>`}</div>`;
  }

  #locked() {
    return html`<div class="cover">${icon("lock", 56)}<h1>${t("staff.locked")}</h1><p class="soft">${t("staff.locked_why")}</p>
      <button class="primary" @click=${() => this.#unlock()}>${t("staff.unlock")}</button></div>`;
  }

  #cover() {
    return html`<div class="cover">${icon("hidden", 56)}<h2>${t("staff.covered")}</h2><p class="soft">${t("staff.covered_why")}</p>
      <button class="primary" @click=${() => this.#touched()}>${t("staff.uncover")}</button></div>`;
  }

  #start(device) {
    this.device = device;
    this.#connect();
    this.#touched();
  }

  #connect() {
    const live = new Live(this.device.token);
    this.#live = live;
    live.addEventListener("change", () => {
      this.cards = live.cards;
    });
    live.addEventListener("line", () => { this.offline = live.offlineSince; });
    live.addEventListener("refused", () => { forget("staff"); this.device = null; this.cards = []; });
  }

  #show(id) {
    this.open = id;
    this.part = "";
    this.#focus(".card h2");
    if (id) this.#live.command("open_card", { visit_id: id });
  }

  /** Where the card was opened from, so that a keyboard goes on there. */
  #back() {
    const id = this.open;
    this.open = "";
    this.updateComplete.then(() => this.#part("regulars-staff-list")?.focusRow(id));
  }

  /** A part that replaces another on a phone takes the focus along; the reader hears whose card it is. */
  #focus(selector) {
    this.updateComplete.then(() => this.renderRoot.querySelector(selector)?.focus());
  }

  #turn(part) {
    this.part = this.part === part ? "" : part;
    this.customer = false;
    if (this.part === "search") this.updateComplete.then(() => this.#part("regulars-search")?.focus());
  }

  #arrived({ visit_id, shown }) {
    if (shown === false) this.#part("regulars-notice").say(t("checkin.private"));
    else this.#show(visit_id);
  }

  async #claim(id, over = false) {
    const ack = await this.#command("claim", { visit_id: id, take_over: over });
    if (!ack.ok || !ack.body?.as) return;
    this.me = ack.body.as;
    sessionStorage.setItem(ME, this.me);
  }

  #release(id) {
    return this.#command("release", { visit_id: id });
  }

  #step(fields) {
    return this.#command("step", fields);
  }

  async #notThis() {
    this.#part("regulars-dialog").close();
    await this.#command("not_this", { visit_id: this.open });
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

  #unlock() {
    this.locked = false;
    this.#connect();
    this.#touched();
  }

  #shut() {
    this.locked = true;
    this.open = this.part = "";
    this.customer = false;
    this.cards = [];
    this.#live?.close();
    this.#live = null;
  }

  #touched() {
    if (this.locked) return;
    this.covered = false;
    clearTimeout(this.#blur);
    clearTimeout(this.#lock);
    if (LOCK_AFTER_S > 0 && this.device) this.#lock = setTimeout(() => this.#shut(), LOCK_AFTER_S * 1000);
    if (BLUR_AFTER_S > 0) this.#blur = setTimeout(() => { this.covered = true; }, BLUR_AFTER_S * 1000);
  }

  #part(name) {
    return this.renderRoot.querySelector(name);
  }
}

customElements.define("regulars-staff", Staff);
if (document.readyState === "complete") keepShell();
else addEventListener("load", keepShell, { once: true });
