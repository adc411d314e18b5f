// One article: its picture, its price with the 30-day low that PAngV § 11 asks for, and on a card the stock by size, here and
// in neighbouring stores.

import { css, html, nothing } from "lit";

import "./picture.js";
import { nowS } from "./clock.js";
import { icon } from "./icons.js";
import { ago, line, nameOf, price, t, word } from "./i18n.js";

// A store sells and takes back all day: what was counted the day before yesterday sends nobody anywhere.
const OLD_S = 86_400;

export const itemStyles = css`
  .picture { background: var(--garment-ground); border-radius: var(--round-m); }
  .price { font-variant-numeric: tabular-nums; font-weight: 650; white-space: nowrap; }
  .price.cut { color: var(--clay); }
  .was { color: var(--ink-soft); font-weight: 400; margin-inline-start: .4em; }
  .low { display: block; font-size: var(--size-s); color: var(--ink-soft); white-space: normal; }
  .article { display: grid; grid-template-columns: 5.25rem 1fr; gap: var(--gap-m); align-items: start; }
  .article .name { font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; }
  .article .stack { gap: .2rem; }
  .member { color: var(--pine); font-weight: 650; }
  .shelves { display: flex; flex-wrap: wrap; gap: .3rem; }
  .shelves span { padding: .1rem .5rem; border: 1px solid var(--line); border-radius: var(--round-s); font-size: var(--size-s); font-variant-numeric: tabular-nums; background: var(--paper); }
  .shelves [data-mine] { border-color: var(--pine); background: var(--pine-wash); font-weight: 650; }
  .elsewhere { display: grid; gap: .1rem; font-size: var(--size-s); }
  .elsewhere li { display: flex; flex-wrap: wrap; gap: 0 .35rem; align-items: baseline; overflow-wrap: anywhere; }
  .elsewhere .every { flex-basis: 100%; }
  .elsewhere .glyph { align-self: center; color: var(--pine); } .elsewhere b { font-weight: 600; } .elsewhere [data-old], .elsewhere [data-old] .glyph { color: var(--ink-soft); }
  .here { color: var(--pine); font-weight: 600; } .none { color: var(--ink-soft); }
`;

/** The product's picture; decorative unless `named`, because the name stands beside it. `size` as the servers have them. */
export function picture(item, { named = false, size = 240, fill = false } = {}) {
  const label = named ? `${nameOf(item)}, ${word("colour", item.colour)}` : "";
  return html`<regulars-picture class="picture" .item=${item} .size=${size} .label=${label} ?fill=${fill}></regulars-picture>`;
}

/** Price anybody pays; an announced cut carries the lowest price of 30 days. */
export function publicPrice(item) {
  const cut = item.was_cents && item.was_cents > item.price_cents;
  return html`<span class="price ${cut ? "cut" : ""}">${price(item.price_cents, item.currency)}</span>${cut
    ? html`<s class="was"><span class="unseen">${t("price.was")} </span>${price(item.was_cents, item.currency)}</s>`
    : nothing}${cut && item.lowest_30d_cents
    ? html`<span class="low">${t("price.lowest", { price: price(item.lowest_30d_cents, item.currency) })}</span>`
    : nothing}`;
}

export function memberPrice(item) {
  return item.member_price_cents === null || item.member_price_cents === undefined
    ? nothing
    : html`<span class="member">${icon("star", 15)} ${t("price.member", { price: price(item.member_price_cents, item.currency) })}</span>`;
}

/** Pieces here in every size, the shopper's own marked. */
export function shelves(item) {
  const here = (item.stock ?? []).filter((shelf) => shelf.pieces > 0);
  if (!here.length) return html`<span class="none">${t("stock.gone")}</span>`;
  const places = [...new Set(here.map((shelf) => shelf.shelf).filter(Boolean))];
  return html`<span class="shelves">${here.map((shelf) => html`<span ?data-mine=${shelf.size === item.my_size}>${word("size", shelf.size)} · ${t("unit.pieces", { count: shelf.pieces })}</span>`)}
    ${places.map((shelf) => html`<b class="small">${t("stock.shelf", { shelf })}</b>`)}</span>`;
}

/** Neighbouring stores that have it and how old that is, what is old last: in every size, or, on the card of a shopper whose
    size is known, in that one. */
export function elsewhere(item, size = "") {
  const isOld = (store) => nowS() - store.counted_at > OLD_S;
  const stores = (item.elsewhere ?? []).filter((store) => !size || store.sizes[size]);
  if (!stores.length) return nothing;
  const ordered = [...stores.filter((store) => !isOld(store)), ...stores.filter(isOld)];
  return html`<ul class="elsewhere" aria-label=${t("stock.elsewhere")}>${ordered.map((store) => html`<li ?data-old=${isOld(store)}>
    ${icon("pin", 14)}<b>${store.store_name}</b>${size ? html`<span>${pieces(size, store.sizes[size])}</span>` : nothing}<span class="soft">${ago(store.counted_at)}</span>
    ${size ? nothing : html`<span class="every">${Object.entries(store.sizes).map(([one, count]) => pieces(one, count)).join(" · ")}</span>`}</li>`)}</ul>`;
}

const pieces = (size, count) => `${word("size", size)}\u00a0(${count})`;

/** An article on a card: why it is shown, the prices, and whether it hangs here in this shopper's size. `sizes` shows
    every size instead of the reason. */
export function article(item, products, sizes = false) {
  return html`<li class="article">
    ${picture(item)}
    <div class="stack">
      <span class="small soft">${item.brand} · ${word("colour", item.colour)}</span>
      <span class="name">${nameOf(item)}</span>
      <span>${publicPrice(item)}</span>
      ${memberPrice(item)}
      ${sizes ? shelves(item) : stockLine(item)}
      ${elsewhere(item, sizes ? "" : item.my_size)}
      ${item.reason && !sizes ? html`<span class="small soft">${line(item.reason, products)}</span>` : nothing}
    </div>
  </li>`;
}

function stockLine(item) {
  if (item.my_size === "one") {
    return item.in_my_size > 0
      ? html`<span class="here">${t("stock.one", { count: item.in_my_size })}${item.shelf ? html` · ${t("stock.shelf", { shelf: item.shelf })}` : nothing}</span>`
      : html`<span class="none">${t("stock.gone")}</span>`;
  }
  if (item.my_size) {
    return item.in_my_size > 0
      ? html`<span class="here">${t("stock.here", { size: item.my_size, count: item.in_my_size })}${item.shelf ? html` · ${t("stock.shelf", { shelf: item.shelf })}` : nothing}</span>`
      : html`<span class="none">${t("stock.none", { size: item.my_size })}${otherSizes(item)}</span>`;
  }
  return item.stock?.length ? html`<span class="small soft">${t("stock.sizes", { sizes: item.stock.filter((shelf) => shelf.pieces > 0).map((shelf) => word("size", shelf.size)).join(", ") })}</span>` : nothing;
}

function otherSizes(item) {
  const others = (item.stock ?? []).filter((shelf) => shelf.pieces > 0 && shelf.size !== item.my_size).map((shelf) => shelf.size);
  return others.length ? ` · ${t("stock.also", { sizes: others.join(", ") })}` : "";
}
