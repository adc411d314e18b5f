// Sizes per category, brands and colours as the member gives them: chips to press, and names to type.

import { LitElement, css, html, nothing } from "lit";

import { rgb } from "./garment.js";
import { icon } from "./icons.js";
import { t, word } from "./i18n.js";
import { base, controls } from "./styles.js";

const SIZED = { coat: "letters", jacket: "letters", dress: "numbers", shirt: "letters", sweater: "letters", trousers: "numbers", jeans: "waists", shoes: "shoes" };
const RANGES = {
  letters: ["XS", "S", "M", "L", "XL", "XXL"],
  numbers: ["34", "36", "38", "40", "42", "44", "46", "48", "50", "52", "54"],
  waists: ["26", "27", "28", "29", "30", "31", "32", "33", "34", "36", "38"],
  shoes: ["36", "37", "38", "39", "40", "41", "42", "43", "44", "45", "46"],
};
const COLOURS = ["black", "white", "grey", "navy", "blue", "green", "camel", "brown", "red", "burgundy", "rose", "mustard"];
const CATEGORIES = ["coat", "jacket", "dress", "skirt", "shirt", "blouse", "t-shirt", "sweater", "trousers", "jeans", "shoes", "bag"];

/** `value` {sizes, brands_liked, brands_disliked, categories_liked, colours}; dispatches "change" with the new value. */
export class Preferences extends LitElement {
  static properties = { value: { attribute: false } };

  static styles = [base, controls, css`
    :host { display: grid; gap: var(--gap-l); }
    fieldset { display: grid; gap: var(--gap-s); }
    legend { font: 600 var(--size-l)/1.2 var(--serif); padding: 0; margin-block-end: var(--gap-s); }
    .sizes { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: var(--gap-m); }
    .dot { inline-size: 1.25rem; block-size: 1.25rem; border-radius: 50%; flex: none; border: 1px solid var(--line-strong); }
    .picks { display: flex; flex-wrap: wrap; gap: var(--gap-s); }
    .picks button { padding-inline: .9rem; font-weight: 500; }
    .add { display: grid; grid-template-columns: 1fr auto; gap: var(--gap-s); }
  `];

  render() {
    const value = this.value ?? {};
    return html`
      <fieldset><legend>${t("prefs.sizes")}</legend><div class="sizes">${Object.keys(SIZED).map((category) => this.#size(category, value.sizes ?? []))}</div></fieldset>
      ${this.#picks("prefs.categories", "categories_liked", CATEGORIES, "category")}
      ${this.#picks("prefs.colours", "colours", COLOURS, "colour")}
      ${this.#brands("prefs.brands_liked", "brands_liked")}
      ${this.#brands("prefs.brands_disliked", "brands_disliked")}`;
  }

  #size(category, sizes) {
    const chosen = sizes.find((size) => size.category === category)?.size ?? "";
    const range = RANGES[SIZED[category]];
    return html`<label class="field"><span>${word("category", category)}</span>
      <select aria-label=${word("category", category)} @change=${(event) => this.#set("sizes", [...sizes.filter((size) => size.category !== category), ...(event.target.value ? [{ category, size: event.target.value }] : [])])}>
        <option value="" ?selected=${!chosen}>–</option>
        ${[...new Set([...range, ...(chosen ? [chosen] : [])])].map((size) => html`<option value=${size} ?selected=${size === chosen}>${size}</option>`)}
      </select></label>`;
  }

  #picks(title, field, choices, list) {
    const held = this.value?.[field] ?? [];
    return html`<fieldset><legend>${t(title)}</legend><div class="picks">${choices.map((choice) => html`<button type="button" aria-pressed=${held.includes(choice) ? "true" : "false"}
      @click=${() => this.#set(field, held.includes(choice) ? held.filter((other) => other !== choice) : [...held, choice])}>
      ${list === "colour" ? html`<svg class="dot" viewBox="0 0 2 2" aria-hidden="true"><rect width="2" height="2" fill=${`rgb(${rgb(choice).join(" ")})`}></rect></svg>` : nothing}${word(list, choice)}</button>`)}</div></fieldset>`;
  }

  #brands(title, field) {
    const held = this.value?.[field] ?? [];
    return html`<fieldset><legend>${t(title)}</legend>
      ${held.length ? html`<div class="picks">${held.map((brand) => html`<button type="button" aria-label=${t("prefs.remove", { brand })} @click=${() => this.#set(field, held.filter((other) => other !== brand))}>${brand} ${icon("close", 16)}</button>`)}</div>` : nothing}
      <div class="add"><input maxlength="60" aria-label=${t(title)} placeholder=${t("prefs.brand")} @keydown=${(event) => { if (event.key === "Enter") { event.preventDefault(); this.#add(field, event.target); } }}>
      <button type="button" @click=${(event) => this.#add(field, event.target.closest(".add").querySelector("input"))}>${t("prefs.add")}</button></div></fieldset>`;
  }

  #add(field, input) {
    const brand = input.value.trim();
    const held = this.value?.[field] ?? [];
    if (brand && !held.includes(brand)) this.#set(field, [...held, brand]);
    input.value = "";
  }

  #set(field, held) {
    this.value = { ...this.value, [field]: held };
    this.dispatchEvent(new CustomEvent("change", { detail: this.value }));
  }
}

customElements.define("regulars-preferences", Preferences);
