// The pick list: what to put back, what to fetch, what lies ready; it names nobody. Below it the fitting rooms, of those
// who asked for advice.

import { LitElement, css, html, nothing } from "lit";

import { nowS } from "../shared/clock.js";
import { icon } from "../shared/icons.js";
import { nameOf, t, word } from "../shared/i18n.js";
import { itemStyles, picture } from "../shared/item.js";
import { until } from "../shared/reserved.js";
import { base, controls } from "../shared/styles.js";

/** `picks` a PickCard or null, `cards` StaffCards. Dispatches "step" {reservation_id, step, reason} and "open" {id}. */
export class Picks extends LitElement {
  static properties = { picks: { attribute: false }, cards: { attribute: false } };

  static styles = [base, controls, itemStyles, css`
    :host { display: grid; gap: var(--gap-l); align-content: start; grid-template-columns: minmax(0, 1fr); }
    section { display: grid; gap: var(--gap-s); }
    section { container-type: inline-size; }
    .lines { display: grid; gap: var(--gap-s); grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); }
    .line { display: grid; grid-template-columns: 3.5rem minmax(0, 1fr) auto; gap: var(--gap-m); align-items: center; padding: var(--gap-s); background: var(--paper); border: 1px solid var(--line); border-radius: var(--round-m); }
    @container (max-width: 30rem) { .line { grid-template-columns: 3.5rem minmax(0, 1fr); } .line button { grid-column: 1 / -1; } }
    .line[data-over] { border-color: var(--clay); }
    .line b { overflow-wrap: anywhere; }
    .place { font-weight: 650; color: var(--pine); } .place::first-letter { text-transform: uppercase; } .place.none { color: var(--clay); }
    .rooms { display: grid; gap: var(--gap-s); grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); }
    .rooms button { justify-content: start; border-radius: var(--round-m); text-align: start; inline-size: 100%; }
  `];

  render() {
    const lines = this.picks?.lines ?? [];
    const over = lines.filter((line) => line.moves.includes("returned") && line.held_until <= nowS());
    const fetch = lines.filter((line) => line.step === "reserved");
    const ready = lines.filter((line) => line.step === "picked" && !over.includes(line));
    const inside = (this.cards ?? []).filter((card) => card.state === "fitting");
    return html`
      ${lines.length ? nothing : html`<p class="soft">${t("picks.none")}</p>`}
      ${this.#part("picks.over", over, true)} ${this.#part("picks.fetch", fetch)} ${this.#part("picks.ready", ready)}
      ${this.picks?.more ? html`<p class="soft">${t("picks.more", { count: this.picks.more })}</p>` : nothing}
      ${inside.length ? html`<section><h3 class="row">${icon("door")} ${t("picks.rooms")}</h3><div class="rooms">${inside.map((card) => this.#room(card))}</div></section>` : nothing}
      ${lines.length ? html`<p class="small soft row">${icon("hidden", 16)} ${t("picks.unnamed")}</p>` : nothing}`;
  }

  #part(title, lines, over = false) {
    if (!lines.length) return nothing;
    return html`<section><h3>${t(title)} <span class="soft">${lines.length}</span></h3>
      ${over ? html`<p class="small soft">${t("picks.over_how")}</p>` : nothing}
      <ul class="lines">${lines.map((line) => this.#line(line, over))}</ul></section>`;
  }

  #line(line, over) {
    const step = over ? "returned" : line.moves.includes("picked") ? "picked" : "";
    const place = line.shelf ? t("stock.shelf", { shelf: line.shelf }) : t("picks.no_shelf");
    return html`<li class="line" ?data-over=${over} data-id=${line.reservation_id}>
      ${picture(line.item)}
      <div class="stack tight"><b>${nameOf(line.item)}, ${word("size", line.size)}</b>
        <span class="small soft">${line.item.brand} · ${word("colour", line.item.colour)}${line.room ? ` · ${t("card.room", { room: line.room })}` : ""}</span>
        ${line.step === "reserved" ? html`<span class="place ${line.pieces ? "" : "none"}">${line.pieces ? place : t("picks.missing")}</span>` : nothing}
        <span class="small soft">${t("card.held_until", { when: until(line.held_until) })}</span></div>
      ${step ? html`<button class=${over ? "" : "primary"} aria-label=${`${t(`step.${step}.do`)}: ${nameOf(line.item)}, ${line.size}`} @click=${() => this.#send("step", { reservation_id: line.reservation_id, step, reason: over ? "late" : "" })}>${t(`step.${step}.do`)}</button>` : nothing}
    </li>`;
  }

  #room(card) {
    const room = card.reservations.find((held) => held.room)?.room ?? "";
    return html`<button @click=${() => this.#send("open", { id: card.id })}>${icon("door")} <span><b>${card.alias || t("list.unnamed")}</b><br><span class="small soft">${room ? t("card.room", { room }) : card.zone_name}</span></span></button>`;
  }

  #send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

customElements.define("regulars-picks", Picks);
