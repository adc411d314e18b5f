// The list: at most seven rows, in the order that the store gave; quiet shoppers are one number.

import { LitElement, css, html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";

import { icon } from "../shared/icons.js";
import { line, minutesSince, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";

// More rows than this are not read in five seconds; the rest is a number until somebody opens it.
const ROWS = 7;
const GLYPHS = { "reason.help": "hand", "reason.complaint": "alert", "reason.reservation": "hanger", "reason.waiting": "hanger", "reason.wish": "heart", "reason.viewed": "eye", "reason.fitting": "door", "reason.unserved": "clock" };

/** `cards` StaffCards, `quiet` a number, `open` the id of the card beside the list, `mine` ids claimed on this device.
    Dispatches "open" {id}, "claim" {id} and "release" {id}. */
export class StaffList extends LitElement {
  static properties = { cards: { attribute: false }, quiet: { type: Number }, open: {}, mine: { attribute: false }, all: { state: true } };

  static styles = [base, controls, css`
    ul { display: grid; gap: var(--gap-s); grid-template-columns: minmax(0, 1fr); }
    li { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: .25rem; background: var(--paper); border: 1px solid var(--line); border-radius: var(--round-l); box-shadow: var(--shadow); padding-inline-end: .55rem; overflow: hidden; position: relative; }
    li[data-asked]::before { content: ""; position: absolute; inset-block: 0; inset-inline-start: 0; inline-size: 6px; background: var(--clay); }
    li[data-asked] .why { color: var(--clay); }
    li[data-open] { border-color: var(--pine); box-shadow: 0 0 0 2px var(--pine); }
    .who { all: unset; box-sizing: border-box; cursor: pointer; display: grid; grid-template-columns: auto 1fr; column-gap: var(--gap-m); align-items: center; min-block-size: 4.25rem; padding: .55rem .25rem .55rem var(--gap-m); min-inline-size: 0; inline-size: 100%; }
    .who:focus-visible { outline: 3px solid var(--focus); outline-offset: -4px; border-radius: var(--round-l); }
    .who:hover { background: none; } .who:active { transform: none; } .who:hover .alias { text-decoration: underline; text-underline-offset: .15em; }
    .face { inline-size: 2.75rem; block-size: 2.75rem; border-radius: 50%; display: grid; place-items: center; background: var(--pine-wash); color: var(--pine-deep); font: 600 1.25rem/1 var(--serif); }
    li[data-asked] .face { background: var(--clay-wash); color: var(--clay); }
    .text { display: grid; gap: .1rem; min-inline-size: 0; }
    .alias { font: 600 1.125rem/1.2 var(--serif); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .why { font-weight: 600; font-size: .9375rem; line-height: 1.25; display: flex; gap: .35rem; align-items: center; overflow-wrap: anywhere; }
    .why .glyph { flex: none; }
    .where { font-size: var(--size-s); color: var(--ink-soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .claim { padding-inline: .95rem; font-size: .9375rem; }
    .taken { font-size: var(--size-s); color: var(--ink-soft); padding-inline: .5rem; text-align: end; max-inline-size: 7rem; overflow-wrap: anywhere; }
    .empty { text-align: center; padding: var(--gap-xxl) var(--gap-l); display: grid; gap: var(--gap-m); justify-items: center; }
    .hook { color: var(--line-strong); }
    .quiet-count { display: flex; gap: var(--gap-s); align-items: center; justify-content: center; color: var(--ink-soft); padding: var(--gap-m); text-align: center; }
    .quiet-count .glyph { flex: none; }
    .state { background: var(--sand); border-radius: var(--round-pill); padding: .05rem .5rem; color: var(--ink); }
    @media (max-width: 26rem) { .who { column-gap: .6rem; padding-inline-start: .7rem; } .face { inline-size: 2.4rem; block-size: 2.4rem; } .claim { padding-inline: .7rem; font-size: .8125rem; } .state.urgent { display: none; } }
    .urgent { background: var(--clay); color: var(--on-colour); }
  `];

  render() {
    const cards = [...(this.cards ?? [])].sort((one, other) => one.order - other.order);
    const shown = this.all ? cards : cards.slice(0, ROWS);
    return html`${cards.length ? html`<ul aria-label=${t("list.title")}>${repeat(shown, (card) => card.id, (card) => this.#row(card))}</ul>` : this.#nobody()}
      ${cards.length > shown.length ? html`<button class="quiet wide" @click=${() => { this.all = true; }}>${t("list.more", { count: cards.length - shown.length })}</button>` : nothing}
      ${this.quiet ? html`<p class="quiet-count">${icon("people")} <span>${t("list.quiet", { count: this.quiet })}</span></p>` : nothing}`;
  }

  #row(card) {
    const name = card.alias || t("list.unnamed");
    const products = (id) => [...card.reservations.map((held) => held.item), ...card.seen].find((item) => item.product_id === id);
    const details = [t(`state.${card.state}`), t("list.minutes", { count: minutesSince(card.arrived_at) }), card.zone_name].filter(Boolean);
    return html`<li ?data-asked=${card.help_asked_at || card.escalated} ?data-open=${this.open === card.id} data-id=${card.id}>
      <button class="who" @click=${() => this.#send("open", card.id)}>
        <span class="face" aria-hidden="true">${card.alias ? [...card.alias][0].toUpperCase() : icon("person", 22)}</span>
        <span class="text">
          <span class="alias">${name}</span>
          <span class="why">${icon(GLYPHS[card.reason.key] ?? "pin", 17)} ${line(card.reason, products)}</span>
          <span class="where">${card.escalated ? html`<span class="state urgent">${t("list.escalated")}</span> ` : nothing}${details.join(" · ")} · ${t(`mode.${card.mode}`)}</span>
        </span>
      </button>
      ${this.#claim(card, name)}
    </li>`;
  }

  #claim(card, name) {
    if (this.mine?.has(card.id)) return html`<button class="claim" aria-pressed="true" @click=${() => this.#send("release", card.id)} aria-label=${`${t("claim.mine")}: ${name}`}>${t("claim.mine")}</button>`;
    if (card.claimed_by) return html`<span class="taken">${t("claim.taken", { who: card.claimed_by })}</span>`;
    return html`<button class="claim primary" @click=${() => this.#send("claim", card.id)} aria-label=${`${t("claim.take")}: ${name}`}>${t("claim.take")}</button>`;
  }

  #nobody() {
    return html`<div class="empty"><span class="hook">${icon("hanger", 56)}</span><h2>${t("list.nobody")}</h2><p class="soft">${t("list.nobody_how")}</p></div>`;
  }

  #send(name, id) {
    this.dispatchEvent(new CustomEvent(name, { detail: { id } }));
  }
}

customElements.define("regulars-staff-list", StaffList);
