// The list: at most seven rows, in the order that the store gave; quiet shoppers are one number.

import { LitElement, css, html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";

import { icon } from "../shared/icons.js";
import { line, minutesSince, t, word } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";

// More rows than this are not read in five seconds; the rest is a number until somebody opens it.
const ROWS = 7;
const GLYPHS = { "reason.help": "hand", "reason.handed_over": "swap", "reason.complaint": "alert", "reason.reservation": "hanger", "reason.waiting": "hanger", "reason.wish": "heart", "reason.viewed": "eye", "reason.fitting": "door", "reason.unserved": "clock" };

/** `cards` StaffCards, `quiet` a number, `open` the id of the card beside the list, `me` the name that this tablet bears today.
    Dispatches "open" {id}, "claim" {id} and "release" {id}. */
export class StaffList extends LitElement {
  static properties = { cards: { attribute: false }, quiet: { type: Number }, open: {}, me: {}, all: { state: true } };

  static styles = [base, controls, css`
    :host { container-type: inline-size; }
    ul { display: grid; gap: var(--gap-s); grid-template-columns: minmax(0, 1fr); }
    li { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: .25rem; background: var(--paper); border: 1px solid var(--line); border-radius: var(--round-l); box-shadow: var(--shadow); padding-inline-end: .55rem; overflow: hidden; position: relative; }
    li[data-asked]::before { content: ""; position: absolute; inset-block: 0; inset-inline-start: 0; inline-size: 6px; background: var(--clay); }
    li[data-asked] .why { color: var(--clay); }
    li[data-open] { border-color: var(--pine); box-shadow: 0 0 0 2px var(--pine); }
    li[data-taken] { background: var(--linen); box-shadow: none; }
    .who { all: unset; box-sizing: border-box; cursor: pointer; display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: var(--gap-m); align-items: center; min-block-size: 4.25rem; padding: .55rem .25rem .55rem var(--gap-m); min-inline-size: 0; inline-size: 100%; }
    .who:focus-visible { outline: 3px solid var(--focus); outline-offset: -4px; border-radius: var(--round-l); }
    .who:hover { background: none; } .who:active { transform: none; } .who:hover .alias { text-decoration: underline; text-underline-offset: .15em; }
    .face { inline-size: 2.75rem; block-size: 2.75rem; border-radius: 50%; display: grid; place-items: center; background: var(--pine-wash); color: var(--pine-deep); font: 600 1.25rem/1 var(--serif); }
    li[data-asked] .face { background: var(--clay-wash); color: var(--clay); }
    .text { display: grid; gap: .1rem; min-inline-size: 0; }
    .first { display: flex; gap: var(--gap-s); align-items: baseline; justify-content: space-between; min-inline-size: 0; }
    .alias { font: 600 1.125rem/1.2 var(--serif); overflow: hidden; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
    .since { font-size: var(--size-s); color: var(--ink-soft); white-space: nowrap; font-variant-numeric: tabular-nums; }
    .why { font-weight: 600; font-size: .9375rem; line-height: 1.25; display: flex; gap: .35rem; align-items: center; overflow-wrap: anywhere; }
    .why .glyph { flex: none; }
    .where { font-size: var(--size-s); color: var(--ink-soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .claim { padding-inline: 1rem; font-size: .9375rem; }
    .taken { font-size: var(--size-s); color: var(--ink-soft); padding-inline: .25rem; text-align: end; max-inline-size: 6rem; overflow-wrap: anywhere; }
    @container (max-width: 27rem) {
      .claim { padding: 0; inline-size: 3rem; } .claim .label { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
      .who { column-gap: .6rem; padding-inline-start: .7rem; } .face { inline-size: 2.4rem; block-size: 2.4rem; }
    }
    @container (min-width: 42rem) { ul[data-many] { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
    @container (min-width: 60rem) { ul { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
    @container (min-width: 68rem) { ul[data-many] { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
    /* A full Saturday: fifteen rows on a tablet, two lines each. */
    ul[data-many] { gap: .35rem; } ul[data-many] .who { min-block-size: 3.25rem; padding-block: .3rem; } ul[data-many] li { border-radius: var(--round-m); }
    ul[data-many] .claim { padding: 0; inline-size: 3rem; } ul[data-many] .claim .label { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
    ul[data-many] .face { display: none; } ul[data-many] .who { grid-template-columns: minmax(0, 1fr); } ul[data-many] .where { display: none; }
    ul[data-many] .alias { font-size: 1.0625rem; -webkit-line-clamp: 1; overflow-wrap: normal; word-break: break-all; } ul[data-many] .why { font-size: .875rem; overflow: hidden; } ul[data-many] .why span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .rest { margin-block-start: var(--gap-s); }
    .empty { text-align: center; padding: var(--gap-xxl) var(--gap-l); display: grid; gap: var(--gap-m); justify-items: center; }
    .hook { color: var(--line-strong); }
    .quiet-count { display: flex; gap: var(--gap-s); align-items: center; justify-content: center; color: var(--ink-soft); padding: var(--gap-m); }
    .quiet-count .glyph { flex: none; }
    .state.urgent { background: var(--clay); color: var(--on-colour); border-radius: var(--round-pill); padding: .05rem .5rem; }
  `];

  render() {
    const cards = [...(this.cards ?? [])].sort((one, other) => one.order - other.order);
    const shown = this.all ? cards : cards.slice(0, ROWS);
    return html`${cards.length ? html`<ul aria-label=${t("list.title")} ?data-many=${shown.length > ROWS}>${repeat(shown, (card) => card.id, (card) => this.#row(card))}</ul>` : this.#nobody()}
      ${cards.length > ROWS ? this.#rest(cards) : nothing}
      ${this.quiet ? html`<p class="quiet-count">${icon("people")} <span>${t("list.quiet", { count: this.quiet })}</span></p>` : nothing}`;
  }

  /** Puts the focus on the row of a visit. */
  focusRow(id) {
    [...this.renderRoot.querySelectorAll("li")].find((row) => row.dataset.id === id)?.querySelector(".who").focus();
  }

  /** What the rows below the seventh are about, before anybody opens them. */
  #rest(cards) {
    if (this.all) return html`<button class="quiet wide rest" @click=${() => { this.all = false; }}>${t("list.fewer")}</button>`;
    const reserved = cards.slice(ROWS).filter((card) => card.waiting).length;
    return html`<button class="wide rest" @click=${() => { this.all = true; }}><span>${t("list.more", { count: cards.length - ROWS })}${reserved ? html` <span class="soft">${t("list.more_what", { reserved })}</span>` : nothing}</span></button>`;
  }

  #row(card) {
    const name = card.alias || t("list.unnamed");
    const products = (id) => [...card.reservations.map((held) => held.item), ...card.seen].find((item) => item.product_id === id);
    const details = [...new Set([t(`state.${card.state}`), card.zone_name])].filter(Boolean);
    return html`<li ?data-asked=${!card.claimed_by && Boolean(card.help_asked_at || card.handed_at || card.escalated)} ?data-open=${this.open === card.id} ?data-taken=${Boolean(card.claimed_by)} data-id=${card.id}>
      <button class="who" @click=${() => this.#send("open", card.id)}>
        <span class="face" aria-hidden="true">${card.alias ? [...card.alias][0].toUpperCase() : icon("person", 22)}</span>
        <span class="text">
          <span class="first"><span class="alias">${name}</span><span class="since">${t("list.since", { count: minutesSince(card.arrived_at) })}</span></span>
          <span class="why">${icon(GLYPHS[card.reason.key] ?? "pin", 17)} <span>${line(card.reason, products)}</span></span>
          <span class="where">${card.escalated ? html`<span class="state urgent">${t("list.escalated")}</span> ` : nothing}<span class="unseen">${t(`mode.${card.mode}`)} · </span>${details.join(" · ")}</span>
        </span>
      </button>
      ${this.#claim(card, name)}
    </li>`;
  }

  #claim(card, name) {
    if (card.claimed_by && card.claimed_by === this.me) return html`<button class="claim" aria-pressed="true" @click=${() => this.#send("release", card.id)} aria-label=${`${t("claim.mine")}: ${name}`}>${icon("check")} <span class="label">${t("claim.mine")}</span></button>`;
    if (card.claimed_by) return html`<span class="taken">${t("claim.taken", { who: word("shift", card.claimed_by) })}</span>`;
    return html`<button class="claim primary" @click=${() => this.#send("claim", card.id)} aria-label=${`${t("claim.take")}: ${name}`}>${icon("take")} <span class="label">${t("claim.take")}</span></button>`;
  }

  #nobody() {
    return html`<div class="empty"><span class="hook">${icon("hanger", 56)}</span><h2>${t("list.nobody")}</h2><p class="soft">${t("list.nobody_how")}</p></div>`;
  }

  #send(name, id) {
    this.dispatchEvent(new CustomEvent(name, { detail: { id } }));
  }
}

customElements.define("regulars-staff-list", StaffList);
