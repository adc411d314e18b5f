// The card of one visit, in the order a salesperson needs it. The staff page and the shopper's mirror render this same
// component from the same JSON, so "what the shop sees" is true by construction. Empty parts do not appear.

import { LitElement, css, html, nothing } from "lit";

import { icon } from "./icons.js";
import { ago, line, minutesSince, t } from "./i18n.js";
import { article, itemStyles } from "./item.js";
import { ages, mark, origin } from "./mark.js";
import "./reserved.js";
import { base, controls } from "./styles.js";

/** `card` a StaffCard; `mirror` true on the shopper's own phone (no actions). Dispatches "dismiss" {reason} for the hint,
    "step" for a reserved piece and "note_done" {note_id}. */
export class StaffCard extends LitElement {
  static properties = { card: { attribute: false }, mirror: { type: Boolean }, asking: { state: true } };

  static styles = [base, controls, itemStyles, css`
    :host { display: grid; gap: var(--gap-m); grid-template-columns: minmax(0, 1fr); }
    section { display: grid; gap: var(--gap-s); }
    .facts { display: grid; gap: .25rem; padding: .6rem var(--gap-m); background: var(--pine-wash); border-radius: var(--round-m); }
    .facts li { display: flex; gap: .55rem; align-items: baseline; font-size: 1.0625rem; line-height: 1.3; }
    .facts li::before { content: ""; flex: none; inline-size: .45rem; block-size: .45rem; border-radius: 50%; background: var(--pine); transform: translateY(-.12em); }
    .facts li:first-child { font-weight: 650; }
    .hint { display: flex; gap: var(--gap-s); align-items: center; padding: .35rem .35rem .35rem var(--gap-m); border-radius: var(--round-m); background: var(--honey-wash); }
    .hint .glyph { flex: none; color: var(--honey); } .hint.bad { background: var(--clay-wash); } .hint.bad .glyph { color: var(--clay); }
    .reasons { padding: var(--gap-s) var(--gap-m); }
    .sizes { display: flex; flex-wrap: wrap; gap: .4rem; }
    .sizes .chip { font-size: 1.0625rem; padding: .3rem .8rem; border-radius: var(--round-s); }
    .articles { display: grid; gap: var(--gap-m); grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
    .notes li { padding: var(--gap-s) var(--gap-m); border-inline-start: 3px solid var(--line-strong); overflow-wrap: anywhere; }
    .notes .task { display: flex; gap: var(--gap-s); align-items: center; border-inline-start-color: var(--honey); }
    .task[data-done] .said { text-decoration: line-through; color: var(--ink-soft); }
    .little { padding: var(--gap-m); border: 1.5px dashed var(--line-strong); border-radius: var(--round-m); color: var(--ink-soft); }
    footer { display: grid; gap: .3rem; border-block-start: 1px solid var(--line); padding-block-start: var(--gap-m); font-size: var(--size-s); color: var(--ink-soft); }
    footer b { color: var(--ink); }
    @media (max-width: 26rem) { :host { gap: .6rem; } .facts { padding: .5rem .7rem; } .facts li { font-size: 1rem; } }
  `];

  render() {
    const card = this.card;
    if (!card) return nothing;
    const known = new Map([...card.seen, ...card.looks, ...(card.owned ?? []), ...card.reservations.map((held) => held.item)].map((item) => [item.product_id, item]));
    const products = (id) => known.get(id);
    return html`
      ${card.facts.length ? html`<ul class="facts" aria-label=${t("card.facts")}>${card.facts.map((fact) => html`<li>${line(fact, products)}</li>`)}</ul>` : nothing}
      ${this.#now(card, products)} ${this.#fits(card)} ${this.#written(card)}
      ${isLittle(card) && !this.mirror ? html`<p class="little">${t("card.little")}</p>` : nothing}
      ${this.#list("card.seen", "eye", card.seen, products)} ${this.#list("card.looks", "spark", card.looks, products)}
      ${this.#list("card.owned", "hanger", card.owned ?? [], products)}
      ${card.notes.length ? html`<section><h3 class="row">${icon("note")} ${t("card.notes")}</h3><ul class="notes stack">
        ${card.notes.map((note) => html`<li>${note.value}<br><span class="small soft">${origin(note)}</span></li>`)}</ul>
        <p class="small soft">${t("card.notes_readable")}</p></section>` : nothing}
      ${this.#footer(card)}`;
  }

  #now(card, products) {
    const hint = card.hint && card.hint.kind !== "none" ? card.hint : null;
    if (!card.reservations.length && !hint) return nothing;
    return html`<section aria-label=${t("card.now")}>
      ${hint?.kind === "complaint" ? this.#hint(hint, products) : nothing}
      ${card.reservations.map((held) => html`<regulars-reserved .held=${held} ?still=${this.mirror}></regulars-reserved>`)}
      ${hint && hint.kind !== "complaint" ? this.#hint(hint, products) : nothing}
    </section>`;
  }

  #hint(hint, products) {
    const dismissal = ["done", "does_not_fit", "not_now"];
    return html`<div class="hint ${hint.kind === "complaint" ? "bad" : ""}">${icon(hint.kind === "complaint" ? "alert" : "spark")}
      <span class="grow"><span class="unseen">${t("card.hint")}: </span>${line(hint.line, products)}${hint.why ? html`<br><span class="small soft">${line(hint.why, products)}</span>` : nothing}</span>
      ${this.mirror ? nothing : html`<button class="quiet icon" aria-expanded=${this.asking ? "true" : "false"} aria-label=${t("card.dismiss")} @click=${() => { this.asking = !this.asking; }}>${icon("check")}</button>`}
    </div>
    ${this.asking && !this.mirror ? html`<div class="row wrap reasons" role="group" aria-label=${t("card.dismiss")}>
      ${dismissal.map((reason) => html`<button @click=${() => this.#dismiss(reason)}>${t(`dismiss.${reason}`)}</button>`)}</div>` : nothing}`;
  }

  /** What colleagues wrote since the shopper came in; open tasks first. */
  #written(card) {
    const written = [...(card.written ?? [])].sort((one, other) => (other.task && !other.done) - (one.task && !one.done));
    if (!written.length) return nothing;
    return html`<section><h3 class="row">${icon("note")} ${t("card.written")}</h3><ul class="notes stack">${written.map((note) => {
      const said = [note.label ? t(`note.chip.${note.label}`) : "", note.text].filter(Boolean).join(": ");
      return html`<li class=${note.task ? "task" : ""} ?data-done=${note.done}>
        ${note.task && !this.mirror ? html`<button class="icon" aria-pressed=${note.done ? "true" : "false"} aria-label=${t("note.done", { text: said })} @click=${() => this.#send("note_done", { note_id: note.note_id })}>${note.done ? icon("check") : nothing}</button>` : nothing}
        <span class="grow"><span class="said">${said}</span> <span class="small soft">${ago(note.at)}</span></span></li>`;
    })}</ul></section>`;
  }

  #fits(card) {
    const tastes = card.likes.length + card.dislikes.length + card.colours.length;
    if (!card.sizes.length && !tastes) return nothing;
    const age = ages([...card.sizes, ...card.likes, ...card.dislikes]);
    return html`<section>
      <div class="row spread wrap"><h3>${t("card.fits")}</h3><span class="small soft">${age}</span></div>
      ${card.sizes.length ? html`<div class="sizes">${card.sizes.map((size) => mark(size, "cool", "category"))}</div>` : nothing}
      ${card.likes.length ? html`<div class="row wrap"><span class="small soft">${t("card.likes")}</span>${card.likes.map((like) => mark(like, "like"))}</div>` : nothing}
      ${card.dislikes.length ? html`<div class="row wrap"><span class="small soft">${t("card.dislikes")}</span>${card.dislikes.map((dislike) => mark(dislike, "avoid"))}</div>` : nothing}
      ${card.colours.length ? html`<div class="row wrap"><span class="small soft">${t("card.colours")}</span>${card.colours.map((colour) => mark(colour))}</div>` : nothing}
    </section>`;
  }

  #list(title, glyph, items, products) {
    return items.length
      ? html`<section><h3 class="row">${icon(glyph)} ${t(title)}</h3><ul class="articles">${items.map((item) => article(item, products))}</ul></section>`
      : nothing;
  }

  #footer(card) {
    return html`<footer>
      <span>${t("card.fresh", { age: ago(card.as_of), heard: ago(card.last_heard_at) })}</span>
      <span>${t("card.consents")} <b>${card.purposes.length ? card.purposes.map((purpose) => t(`purpose.${purpose}.short`)).join(" · ") : t("card.no_consents")}</b></span>
      <span class="row">${icon("eye", 16)} ${t(this.mirror ? "card.you_see" : "card.customer_sees")}</span>
    </footer>`;
  }

  #dismiss(reason) {
    this.asking = false;
    this.#send("dismiss", { reason });
  }

  #send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Name, state and place of a visit, for the head of a card. */
export function heading(card) {
  const place = [card.zone_name, t("list.minutes", { count: minutesSince(card.arrived_at) })].filter(Boolean).join(" · ");
  return { name: card.name || card.alias || t("list.unnamed"), place };
}

/** Nothing to go by: neither a fact nor a size, a taste or an article. */
function isLittle(card) {
  return ![card.facts, card.sizes, card.likes, card.dislikes, card.seen, card.reservations].some((part) => part.length);
}

customElements.define("regulars-staff-card", StaffCard);
