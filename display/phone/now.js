// The first tab: which mode holds, help, and what hangs ready.

import { LitElement, css, html, nothing } from "lit";

import "../shared/modes.js";
import { icon } from "../shared/icons.js";
import { ago, clock, line, nameOf, t, word } from "../shared/i18n.js";
import { itemStyles, memberPrice, picture, publicPrice } from "../shared/item.js";
import { base, controls } from "../shared/styles.js";

// The store answers within a second; after this long the shopper is told that nothing is confirmed.
const CONFIRM_WITHIN_MS = 6000;

/** `shopper` a Shopper, `storeId` the store to speak to when no visit is open. */
export class PhoneNow extends LitElement {
  static properties = { shopper: { attribute: false }, stamp: {}, storeId: {}, wanted: { state: true }, error: { state: true }, confirmedAt: { state: true } };

  static styles = [base, controls, itemStyles, css`
    :host { display: grid; gap: var(--gap-l); }
    .confirmed { display: flex; gap: .5rem; align-items: flex-start; } .confirmed .glyph { flex: none; margin-block-start: .1rem; }
    .held { display: grid; grid-template-columns: 5.5rem 1fr; gap: var(--gap-m); align-items: center; padding: var(--gap-m); border-radius: var(--round-l); background: var(--paper); border: 1px solid var(--line); box-shadow: var(--shadow); }
    .prices { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: var(--gap-m); } .prices li { display: grid; gap: .2rem; align-content: start; }
    .help { min-block-size: 4rem; font-size: 1.125rem; }
    .place h2 { font-size: var(--size-xl); }
  `];

  #timer = 0;

  willUpdate() {
    if (this.wanted && this.#effective() === this.wanted) {
      this.wanted = "";
      this.error = "";
      this.confirmedAt = Date.now() / 1000;
      clearTimeout(this.#timer);
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  render() {
    const { visit, member } = this.shopper;
    return html`
      <section class="stack place">
        <div><p class="eyebrow">${visit ? t("phone.at") : t("phone.not_here")}</p><h2>${visit ? visit.store_name : t("phone.next_visit")}</h2></div>
        <regulars-modes .mode=${this.#effective()} .wanted=${this.wanted} .open=${visit ? ["invisible", ...visit.modes_open] : member?.modes_open} @choose=${(event) => this.#choose(event.detail.mode)}></regulars-modes>
        <p class="confirmed" role="status">${this.#confirmation()}</p>
      </section>
      ${visit ? this.#visit(visit) : this.#away()}`;
  }

  /** What the store confirmed; without a visit what will hold at the next one. */
  #effective() {
    const { visit, member, veiled } = this.shopper;
    if (visit) return visit.mode;
    return veiled ? "invisible" : member?.standing_mode;
  }

  #confirmation() {
    const { visit, veiled } = this.shopper;
    if (this.error) return html`${icon("alert")} <span class="mistake">${t(this.error)}</span>`;
    if (this.wanted) return html`${icon("clock")} <span>${t("phone.waiting")}</span>`;
    if (veiled) return html`${icon("check")} <span>${t("phone.veiled")}</span>`;
    if (!visit) return html`<span class="soft">${t("phone.standing")}</span>`;
    return html`${icon("check")} <span>${t(`phone.effective.${visit.mode}`)} <span class="soft">${t("phone.confirmed", { time: clock(this.confirmedAt ?? visit.decided_at) })}</span>
      ${visit.assurance === "heard" ? html`<br><span class="soft">${t("phone.heard_only")}</span>` : nothing}</span>`;
  }

  #visit(visit) {
    return html`
      ${visit.help_asked_at
        ? html`<div class="note good row">${icon("hand", 26)} <span>${t("phone.help_asked", { age: ago(visit.help_asked_at) })}</span></div>`
        : html`<div class="stack"><button class="warm wide help" @click=${() => this.#help()}>${icon("hand", 24)} ${t("phone.help")}</button>
          <p class="small soft">${t(helpNotice(visit))}</p></div>`}
      ${visit.reservations.length ? html`<section class="stack"><h3>${t("phone.reserved")}</h3><ul class="stack">${visit.reservations.map((held) => html`<li class="held">
        ${picture(held.item)}<div class="stack tight"><span class="eyebrow">${t(`step.${held.step}`)}</span><b>${nameOf(held.item)}</b>
        <span class="small soft">${held.size === "one" ? word("size", held.size) : t("phone.size", { size: held.size })} · ${word("colour", held.item.colour)}</span>
        ${held.room ? html`<span class="row">${icon("door", 18)} <b>${t("card.room", { room: held.room })}</b></span>` : nothing}
        ${memberPrice(held.item)}</div></li>`)}</ul></section>` : nothing}
      ${visit.member_prices.length ? html`<section class="stack"><h3>${t("phone.member_prices")}</h3><ul class="prices">${visit.member_prices.map((item) => html`<li>${picture(item, { size: 480 })}
        <span class="small soft">${item.brand}</span><b>${nameOf(item)}</b><span class="small">${publicPrice(item)}</span>${memberPrice(item)}${item.reason ? html`<span class="small soft">${line(item.reason)}</span>` : nothing}</li>`)}</ul></section>` : nothing}`;
  }

  #away() {
    const { stores, veiled } = this.shopper;
    if (veiled) return nothing;
    return html`<section class="stack"><p class="soft">${t("phone.away")}</p>
      ${stores.map((store) => html`<button class="wide" @click=${() => this.#send("checkin", { store_id: store.store_id })}>${icon("pin")} ${t("phone.here", { store: store.name })}</button>`)}</section>`;
  }

  async #choose(mode) {
    const { visit, veiled } = this.shopper;
    this.error = "";
    this.wanted = mode;
    clearTimeout(this.#timer);
    if (visit || veiled) await this.#send("mode", { mode });
    else {
      const error = await this.shopper.change({ standing_mode: mode });
      if (error) this.#fail(error);
    }
    if (this.wanted) this.#timer = setTimeout(() => this.#fail("phone.unconfirmed"), CONFIRM_WITHIN_MS);
  }

  async #help() {
    await this.#send("help");
  }

  async #send(kind, fields = {}) {
    const store_id = fields.store_id ?? this.shopper.visit?.store_id ?? this.storeId;
    const error = await this.shopper.command(kind, { ...fields, ...(store_id ? { store_id } : {}) });
    if (error) this.#fail(error);
  }

  #fail(error) {
    clearTimeout(this.#timer);
    this.wanted = "";
    this.error = error;
  }
}

/** What help will show to staff: the store opens the visit to advice as far as the consents go. */
function helpNotice(visit) {
  if (visit.mode === "advice") return "phone.help_how";
  return visit.modes_open.includes("advice") ? "phone.help_opens" : "phone.help_shows";
}

customElements.define("regulars-phone-now", PhoneNow);
