// One reserved piece on a card and where it may go next. What is not taken says why, in one tap.

import { LitElement, css, html, nothing } from "lit";

import { clock, dayMonth, nameOf, t, word } from "./i18n.js";
import { itemStyles, memberPrice, picture } from "./item.js";
import { base, controls } from "./styles.js";

const REASONS = ["fit", "colour", "quality", "price", "mind"];

/** `held` a ReservationLine; `still` true where nothing may be done. Dispatches "step" {reservation_id, step, reason}. */
export class Reserved extends LitElement {
  static properties = { held: { attribute: false }, still: { type: Boolean }, asking: { state: true } };

  static styles = [base, controls, itemStyles, css`
    .held { display: grid; grid-template-columns: 5rem minmax(0, 1fr); gap: .4rem var(--gap-m); align-items: center; padding: var(--gap-s); border: 1.5px solid var(--clay); border-radius: var(--round-m); background: var(--paper); }
    .size { font: 700 1.125rem/1.2 var(--sans); white-space: nowrap; }
    .moves { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .4rem; }
    .moves button { flex: 1 1 auto; padding-inline: .7rem; font-size: .9375rem; }
    .why { grid-column: 1 / -1; font-weight: 600; }
    @media (max-width: 26rem) { .held { grid-template-columns: 4rem minmax(0, 1fr); } .moves button { font-size: .875rem; } }
  `];

  render() {
    const held = this.held;
    if (!held) return nothing;
    return html`<div class="held">
      ${picture(held.item)}
      <div class="stack tight">
        <span class="eyebrow">${t(`step.${held.step}`)}${held.room ? ` · ${t("card.room", { room: held.room })}` : ""}</span>
        <span><b>${nameOf(held.item)}</b> <span class="size">${word("size", held.size)}</span></span>
        <span class="small soft">${held.item.brand} · ${word("colour", held.item.colour)} · ${t("card.held_until", { when: until(held.held_until) })}</span>
        ${memberPrice(held.item)}
      </div>
      ${this.still || !held.moves?.length ? nothing : this.asking ? this.#reasons() : html`<div class="moves" role="group" aria-label=${nameOf(held.item)}>
        ${held.moves.map((step, at) => html`<button class=${at ? "" : "primary"} @click=${() => this.#move(step)}>${t(`step.${step}.do`)}</button>`)}</div>`}
    </div>`;
  }

  #reasons() {
    return html`<span class="why" id="why">${t("returned.title")}</span><div class="moves" role="group" aria-labelledby="why">
      ${REASONS.map((reason) => html`<button @click=${() => this.#send("returned", reason)}>${t(`returned.${reason}`)}</button>`)}
      <button class="quiet" @click=${() => { this.asking = false; }}>${t("cancel")}</button></div>`;
  }

  #move(step) {
    if (step === "returned") this.asking = true;
    else this.#send(step, "");
  }

  #send(step, reason) {
    this.asking = false;
    this.dispatchEvent(new CustomEvent("step", { bubbles: true, composed: true, detail: { reservation_id: this.held.reservation_id, step, reason } }));
  }
}

/** A time today, else a date. */
export function until(unixS) {
  return new Date(unixS * 1000).toDateString() === new Date().toDateString() ? clock(unixS) : dayMonth(unixS);
}

customElements.define("regulars-reserved", Reserved);
