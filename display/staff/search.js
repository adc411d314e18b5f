// Articles by words, kind and size, from the store's own copy: it answers while head office is away.

import { LitElement, css, html, nothing } from "lit";

import { icon } from "../shared/icons.js";
import { t, waysOf, word } from "../shared/i18n.js";
import { article, itemStyles } from "../shared/item.js";
import { base, controls } from "../shared/styles.js";

// Typing pauses this long between words; sooner would ask the store for half of one.
const PAUSE_MS = 250;
const CATEGORIES = ["coat", "jacket", "dress", "blouse", "shirt", "sweater", "trousers", "jeans", "skirt", "shoes", "boots", "bag", "scarf"];

/** `send` an async function of a search's fields that resolves to an Ack; `card` the StaffCard that lies open, or null. */
export class Search extends LitElement {
  static properties = { send: { attribute: false }, card: { attribute: false }, category: { state: true }, mine: { state: true }, found: { state: true }, error: { state: true } };

  static styles = [base, controls, itemStyles, css`
    :host { display: grid; gap: var(--gap-m); align-content: start; grid-template-columns: minmax(0, 1fr); }
    .kinds { display: flex; gap: .4rem; overflow-x: auto; padding-block: .25rem; scrollbar-width: thin; }
    .kinds button { flex: none; padding-inline: .9rem; }
    .articles { display: grid; gap: var(--gap-l) var(--gap-m); grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
  `];

  #timer = 0;
  #asked = 0;

  render() {
    const found = this.found;
    const sized = Boolean(this.card?.sizes?.length);
    return html`
      <form class="stack" role="search" @submit=${(event) => { event.preventDefault(); this.#ask(); }}>
        <label class="field"><span>${t("search.field")}</span><input type="search" name="words" maxlength="60" autocomplete="off" placeholder=${t("search.hint")} @input=${() => this.#soon()}></label>
        ${sized ? html`<button type="button" aria-pressed=${this.mine ? "true" : "false"} @click=${() => { this.mine = !this.mine; this.#ask(); }}>${icon("ruler")} ${t("search.mine", { name: this.card.alias })}</button>` : nothing}
        <div class="kinds" role="group" aria-label=${t("search.title")}>
          ${["", ...CATEGORIES].map((kind) => html`<button type="button" aria-pressed=${(this.category ?? "") === kind ? "true" : "false"} @click=${() => { this.category = kind; this.#ask(); }}>${kind ? word("category", kind) : t("search.all")}</button>`)}
        </div>
      </form>
      <p class="soft" role="status">${this.error ? t(this.error) : this.#said(found)}</p>
      ${found?.items.length ? html`<ul class="articles">${found.items.map((item) => article(item, undefined, true))}</ul>` : nothing}`;
  }

  focus() {
    this.renderRoot.querySelector("input")?.focus();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  #said(found) {
    if (!found) return t("search.start");
    if (!found.count) return t("search.none");
    return found.count > found.items.length ? t("search.first", { shown: found.items.length, count: found.count }) : t("search.count", { count: found.count });
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask() {
    clearTimeout(this.#timer);
    const words = this.renderRoot.querySelector("input").value.trim().split(/\s+/).filter(Boolean);
    const terms = words.slice(0, 7).map(waysOf);
    if (this.category) terms.push([this.category]);
    if (!terms.length && !this.mine) {
      this.found = null;
      return;
    }
    const asked = (this.#asked += 1);
    const ack = await this.send({ terms, in_my_size: Boolean(this.mine), visit_id: this.card?.id ?? "" });
    if (asked !== this.#asked) return;
    this.error = ack.ok ? "" : (ack.error || "error.refused");
    if (ack.ok) this.found = ack.body;
  }
}

customElements.define("regulars-search", Search);
