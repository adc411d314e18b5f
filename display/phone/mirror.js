// What the shop sees: the staff card's own JSON through the staff page's own component, who opened it by role, and a
// button to hide each kind of fact.

import { LitElement, css, html, nothing } from "lit";

import "../shared/staff_card.js";
import { icon } from "../shared/icons.js";
import { clock, has, t, word } from "../shared/i18n.js";
import { heading } from "../shared/staff_card.js";
import { base, controls } from "../shared/styles.js";

const HIDEABLE = ["name", "sizes", "likes", "dislikes", "colours", "viewed", "wishlist", "owned", "reservations", "member_prices", "tier", "notes"];

/** `visit` a PhoneView or null, `hidden` the facts already hidden. Dispatches "hide" {fact} and "unhide" {fact}. */
export class Mirror extends LitElement {
  static properties = { visit: { attribute: false }, hidden: { attribute: false } };

  static styles = [base, controls, css`
    :host { display: grid; gap: var(--gap-l); }
    .frame { border: 2px dashed var(--line-strong); border-radius: var(--round-l); padding: var(--gap-m); background: var(--linen); display: grid; gap: var(--gap-m); }
    .head { display: flex; justify-content: space-between; align-items: baseline; gap: var(--gap-s); flex-wrap: wrap; }
    .facts { display: grid; gap: .4rem; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
    .facts li { display: flex; align-items: center; justify-content: space-between; gap: var(--gap-s); padding-inline-start: var(--gap-m); border-radius: var(--round-m); background: var(--paper); border: 1px solid var(--line); }
    .facts [data-hidden] span { color: var(--ink-soft); text-decoration: line-through; }
    .log li { display: grid; grid-template-columns: 4rem 1fr; gap: var(--gap-s); padding: .5rem 0; border-block-end: 1px solid var(--line); }
  `];

  render() {
    const { visit } = this;
    const hidden = new Set([...(this.hidden ?? []), ...(visit?.hidden ?? [])]);
    return html`
      <div class="stack"><h2>${t("mirror.title")}</h2><p class="soft">${t("mirror.how")}</p></div>
      ${visit?.mirror ? this.#card(visit.mirror) : html`<div class="note good row">${icon("hidden", 26)} <span>${t(visit ? `mirror.nothing.${visit.mode}` : "mirror.nothing.away")}</span></div>`}
      ${visit?.screen_theme ? html`<p class="note row">${icon("screen", 24)} <span>${t(`mirror.screen.${visit.screen_theme.kind}`, { value: word("categories", visit.screen_theme.value) })}</span></p>` : nothing}
      <section class="stack"><h3>${t("mirror.hide")}</h3><p class="small soft">${t("mirror.hide_how")}</p>
        <ul class="facts">${HIDEABLE.map((fact) => html`<li ?data-hidden=${hidden.has(fact)}><span>${t(`fact_name.${fact}`)}</span>
          <button class="quiet" @click=${() => this.#send(hidden.has(fact) ? "unhide" : "hide", fact)} aria-label=${`${t(`fact_name.${fact}`)}: ${t(hidden.has(fact) ? "mirror.unhide_do" : "mirror.hide_do")}`}>${t(hidden.has(fact) ? "mirror.unhide_do" : "mirror.hide_do")}</button></li>`)}</ul></section>
      <section class="stack"><h3>${t("mirror.log")}</h3>${visit?.access_log?.length
        ? html`<ul class="log">${visit.access_log.map((entry) => html`<li><time>${clock(entry.at)}</time><span><b>${t(`role.${entry.role}`)}</b> ${what(entry)}</span></li>`)}</ul>`
        : html`<p class="soft">${t("mirror.log_empty")}</p>`}</section>`;
  }

  #card(card) {
    const head = heading(card);
    return html`<div class="frame"><div class="head"><h3>${head.name}</h3><span class="small soft">${t(`state.${card.state}`)} · ${head.place}</span></div>
      ${card.alias ? html`<regulars-staff-card mirror .card=${card}></regulars-staff-card>` : html`<p>${t("card.unnamed")}</p>`}</div>`;
  }

  #send(name, fact) {
    this.dispatchEvent(new CustomEvent(name, { detail: { fact } }));
  }
}

function what(entry) {
  const key = `access.${entry.what}`;
  return has(key) ? t(key) : entry.what;
}

customElements.define("regulars-mirror", Mirror);
