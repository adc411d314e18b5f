// The shop window: which articles stand where at one moment, and their looks. At least half of them are general,
// whatever the store sent: this page never shows more of a theme than of the shop.

import { LitElement, css, html, nothing } from "lit";

import { nameOf, t, word } from "../shared/i18n.js";
import { itemStyles, picture, publicPrice } from "../shared/item.js";
import { base } from "../shared/styles.js";

const PLACES = 4;

/** `view` a ScreenView, `turn` how many times the window was dressed anew. */
export class Window extends LitElement {
  static properties = { view: { attribute: false }, turn: { type: Number } };

  static styles = [base, itemStyles, css`
    :host { display: grid; gap: 2.2vmin; min-block-size: 0; grid-template: minmax(0, 1fr) auto / minmax(0, 1fr); block-size: 100%; }
    .hero { position: relative; display: grid; grid-template: minmax(0, 1fr) auto / minmax(0, 1fr); min-block-size: 0; border-radius: 3vmin; overflow: hidden; background: var(--garment-ground); padding: 3vmin; }
    .hero .picture { background: none; }
    .words { display: grid; gap: .6vmin; }
    .brand { font-size: 2.3vmin; color: var(--ink-soft); letter-spacing: .04em; }
    .title { font: 600 5.4vmin/1.08 var(--serif); text-wrap: balance; }
    .words .price { font-size: 4.2vmin; } .words .was { font-size: 2.8vmin; } .words .low { font-size: 2vmin; }
    ul { display: grid; grid-template-columns: repeat(3, 1fr); gap: 2.2vmin; }
    li { background: var(--paper); border-radius: 2.4vmin; padding: 1.8vmin; display: grid; gap: .7vmin; align-content: start; border: 1px solid var(--line); }
    li .picture { border-radius: 1.6vmin; }
    li .name { font: 600 2.35vmin/1.15 var(--serif); } li .brand { font-size: 1.75vmin; } li .price { font-size: 2.2vmin; } li .was { font-size: 1.8vmin; } li .low { font-size: 1.7vmin; line-height: 1.25; }
    .stage { min-block-size: 0; block-size: 100%; }
    .fresh { animation: appear 1.4s ease-out both; }
    @keyframes appear { from { opacity: 0; transform: translateY(1.2vmin); } }
    @media (prefers-reduced-motion: reduce) { .fresh { animation: none; } }
    @media (min-aspect-ratio: 1 / 1) {
      :host { grid-template: minmax(0, 1fr) / 1.35fr 1fr; }
      .hero { grid-template: minmax(0, 1fr) / 1.1fr 1fr; align-items: center; gap: 3vmin; padding-inline-end: 5vmin; }
      ul { grid-template-columns: 1fr; grid-auto-rows: minmax(0, 1fr); min-block-size: 0; }
      li { grid-template: minmax(0, 1fr) / 22vmin 1fr; align-items: center; column-gap: 2.4vmin; min-block-size: 0; }
      li .picture { block-size: 100%; min-block-size: 0; }
      li .name { font-size: 3vmin; } li .brand { font-size: 2vmin; } li .price { font-size: 2.8vmin; } li .was { font-size: 2.1vmin; } li .low { font-size: 1.9vmin; }
    }
  `];

  render() {
    const [first, ...others] = dressed(this.view, this.turn ?? 0);
    if (!first) return nothing;
    return html`
      <article class="hero"><div class="stage">${picture(first, { named: true, size: 960, fill: true })}</div><div class="words">${this.#words(first, "title")}</div></article>
      <ul aria-label=${t("screen.also")}>${others.map((item) => html`<li>${picture(item, { named: true, size: 480, fill: true })}<div class="words-small">${this.#words(item, "name")}</div></li>`)}</ul>`;
  }

  #words(item, heading) {
    return html`<div class="brand">${item.brand} · ${word("colour", item.colour)}</div><div class=${heading}>${nameOf(item)}</div><div>${publicPrice(item)}</div>`;
  }
}

/** The articles of one turn, hero first: at most half of them from the theme, the rest general, none twice. */
export function dressed(view, turn) {
  const general = rotated(view.general, turn * 3);
  const ids = new Set();
  const once = (items) => items.filter((item) => item && !ids.has(item.product_id) && ids.add(item.product_id));
  const themed = once(rotated(view.themed ?? [], turn * 2)).slice(0, Math.min(PLACES / 2, general.length));
  const rest = once(general).slice(0, PLACES - themed.length);
  // The theme takes the front every other turn only: a shift, not a takeover.
  if (!themed.length) return rest;
  const [lead, ...more] = themed;
  return turn % 2 === 0 ? [lead, rest[0], ...more, ...rest.slice(1)] : [rest[0], lead, ...rest.slice(1), ...more];
}

const rotated = (items, by) => items.map((_, index) => items[(index + by) % items.length]);

customElements.define("regulars-window", Window);
