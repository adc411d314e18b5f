// The design system on one page: every colour, size and component in every state, as all pages use them.

import { LitElement, css, html } from "lit";

import "../shared/theme.js";
import "../shared/dialog.js";
import "../shared/modes.js";
import "../shared/notice.js";
import "../shared/reserved.js";
import "../shared/staff_card.js";
import "../staff/list.js";
import "../staff/picks.js";
import "../staff/search.js";
import { ICONS, icon } from "../shared/icons.js";
import { otherLanguage, t, word } from "../shared/i18n.js";
import { article, itemStyles } from "../shared/item.js";
import { mark } from "../shared/mark.js";
import { base, controls } from "../shared/styles.js";
import { ITEMS, LITTLE, PICKS, RESERVED, ROWS, card, mark as fact } from "./samples.js";

// Each pair is a ground and what is written on it; the test measures their contrast in both themes.
const PAIRS = [["linen", "ink"], ["paper", "ink"], ["sand", "ink"], ["linen", "ink-soft"], ["paper", "ink-soft"], ["pine", "on-colour"], ["clay", "on-colour"], ["pine-wash", "pine-deep"], ["clay-wash", "clay"], ["honey-wash", "honey"], ["sky-wash", "sky"], ["banner", "on-banner"]];
const SIZES = ["s", "m", "l", "xl", "xxl"];
const GAPS = ["xs", "s", "m", "l", "xl", "xxl"];
const TIERS = ["silver", "gold"];

export class Gallery extends LitElement {
  static properties = { light: { state: true } };

  static styles = [base, controls, itemStyles, css`
    :host { padding: var(--gap-l); max-inline-size: 78rem; margin-inline: auto; }
    main { display: grid; gap: var(--gap-xxl); grid-template-columns: minmax(0, 1fr); }
    section { display: grid; gap: var(--gap-m); grid-template-columns: minmax(0, 1fr); }
    h2 { border-block-end: 1px solid var(--line); padding-block-end: var(--gap-s); }
    .grid { display: grid; align-items: start; gap: var(--gap-m); grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); }
    .swatches { display: grid; gap: var(--gap-s); grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
    .swatch { padding: var(--gap-m); border-radius: var(--round-m); border: 1px solid var(--line); min-block-size: 4rem; display: grid; align-content: end; font-size: var(--size-s); }
    .serif { font-family: var(--serif); font-weight: 600; }
    .glyphs { display: flex; flex-wrap: wrap; gap: var(--gap-m); } .glyphs span { display: grid; justify-items: center; gap: .25rem; inline-size: 5rem; font-size: var(--size-s); color: var(--ink-soft); }
    .frame { inline-size: min(24rem, 100%); }
  `, ...PAIRS.map(([ground, ink]) => css([`.swatch[data-pair="${ground}/${ink}"] { background: var(--${ground}); color: var(--${ink}); }`])),
  ...SIZES.map((size) => css([`.size-${size} { font-size: var(--size-${size}); }`])),
  ...GAPS.map((gap) => css([`.gap-${gap} { inline-size: var(--gap-${gap}); block-size: var(--gap-${gap}); background: var(--pine); border-radius: 2px; }`]))];

  render() {
    const other = otherLanguage();
    return html`<main>
      <header class="row spread wrap"><h1>${t("gallery.title")}</h1><span class="row">
        <button @click=${this.#turn}>${t(this.light === false ? "gallery.light" : "gallery.dark")}</button>
        <a class="button quiet" href=${other.href} hreflang=${other.lang} lang=${other.lang}>${t("language.other")}</a></span></header>
      ${this.#part("colours", html`<div class="swatches">${PAIRS.map(([ground, ink]) => html`<span class="swatch" data-pair=${`${ground}/${ink}`}>${ground} / ${ink}</span>`)}</div>`)}
      ${this.#part("type", html`<div class="stack">${SIZES.map((size) => html`<span class=${`size-${size}`}>${size} · ${t("staff.customer_title")} <span class="serif">${t("staff.customer_title")}</span></span>`)}</div>
        <div class="row wrap">${GAPS.map((gap) => html`<span class="row small soft"><span class=${`gap-${gap}`}></span> ${gap}</span>`)}</div>`)}
      ${this.#part("icons", html`<div class="glyphs">${ICONS.map((name) => html`<span>${icon(name, 26)} ${name}</span>`)}</div>`)}
      ${this.#part("buttons", this.#buttons())} ${this.#part("chips", this.#chips())} ${this.#part("fields", this.#fields())} ${this.#part("messages", this.#messages())}
      ${this.#part("modes", html`<regulars-modes mode="screen" wanted="advice" .open=${["invisible", "phone", "screen", "advice"]} label=${t("mode.title")}></regulars-modes>
        <regulars-modes mode="phone" .open=${["invisible", "phone"]} label=${`${t("mode.title")} 2`}></regulars-modes>`)}
      ${this.#part("list", html`<div class="grid"><div class="frame"><regulars-staff-list .cards=${ROWS} quiet="3" open="r3" me="fox"></regulars-staff-list></div><div class="frame"><regulars-staff-list .cards=${[]} quiet="0"></regulars-staff-list></div></div>`)}
      ${this.#part("card", html`<div class="grid"><regulars-staff-card class="frame" .card=${card({})}></regulars-staff-card><regulars-staff-card class="frame" .card=${LITTLE}></regulars-staff-card></div>`)}
      ${this.#part("reserved", html`<div class="grid">${RESERVED.map((held) => html`<regulars-reserved .held=${held}></regulars-reserved>`)}</div>`)}
      ${this.#part("articles", html`<ul class="grid">${ITEMS.map((one) => article(one))} ${article(ITEMS[0], undefined, true)}</ul>`)}
      ${this.#part("picks", html`<regulars-picks .picks=${PICKS} .cards=${ROWS}></regulars-picks>`)}
      ${this.#part("search", html`<regulars-search .card=${card({})} .send=${async () => ({ ok: true, body: { items: ITEMS, count: 31 } })}></regulars-search>`)}
    </main>`;
  }

  #part(name, content) {
    return html`<section id=${name}><h2>${t(`gallery.${name}`)}</h2>${content}</section>`;
  }

  #buttons() {
    const label = t("claim.take");
    return html`<div class="row wrap"><button class="primary">${label}</button><button>${label}</button><button class="warm">${label}</button><button class="danger">${label}</button><button class="quiet">${label}</button>
      <button aria-pressed="true">${label}</button><button disabled>${label}</button><button class="primary" disabled>${label}</button><button class="icon" aria-label=${t("note.title")}>${icon("note")}</button></div>`;
  }

  #chips() {
    return html`<div class="row wrap">${mark(fact("Halm & Hede", "brand"), "like")} ${mark(fact("lilac", "colour"), "avoid")} ${mark(fact("38", "coat"), "cool", "category")} ${mark(fact("camel", ""))}
      ${mark(fact("40", "trousers", { stale: true, observed_at: Date.now() / 1000 - 600 * 86_400 }), "cool", "category")} ${TIERS.map((tier) => html`<span class="chip gold">${word("tier", tier)}</span>`)}</div>`;
  }

  #fields() {
    return html`<div class="grid"><label class="field"><span>${t("checkin.code")}</span><input placeholder="4711"></label>
      <label class="field"><span>${t("checkin.name")}</span><input value="ab" aria-invalid="true" aria-describedby="wrong"><span id="wrong" class="mistake">${t("error.name_short")}</span></label>
      <label class="field"><span>${t("prefs.sizes")}</span><select><option>38</option></select></label></div>`;
  }

  #messages() {
    return html`<p class="note">${t("card.unnamed")}</p><p class="note good">${t("said.noted")}</p><p class="note warn">${t("picks.over_how")}</p><p class="note bad">${t("error.refused")}</p>
      <regulars-notice .line=${Date.now() / 1000}></regulars-notice><regulars-notice .office=${Date.now() / 1000}></regulars-notice>
      <div><button @click=${() => this.renderRoot.querySelector("regulars-dialog").show()}>${t("card.not_this")}</button></div>
      <regulars-dialog .heading=${t("card.not_this")}><div class="stack"><p>${t("card.not_this_how")}</p><button class="warm">${t("card.not_this")}</button></div></regulars-dialog>`;
  }

  #turn() {
    this.light = this.light === false;
    document.documentElement.dataset.theme = this.light ? "light" : "dark";
  }
}

customElements.define("regulars-gallery", Gallery);
