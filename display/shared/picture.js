// An article's picture: the copy of whoever serves this page, or the article drawn in its colour where there is none.
// Knows addresses and what to do when one fails; nothing here ever asks another machine.

import { LitElement, css, html } from "lit";

import "./garment.js";

/** Longest side in pixels -> address. The servers have these sizes and no others. */
export const addressOf = (image, size) => `/pictures/${image}-${size}.webp`;

/** `item` a PublicItem, `size` 240 | 480 | 960, `label` its name for screen readers or empty, `fill` takes the room it is given. */
export class Picture extends LitElement {
  static properties = { item: { attribute: false }, size: { type: Number }, label: {}, fill: { type: Boolean, reflect: true }, lost: { state: true } };

  static styles = css`
    :host { display: grid; place-items: center; overflow: hidden; }
    img { display: block; inline-size: 100%; aspect-ratio: 10 / 11; object-fit: contain; }
    regulars-garment { inline-size: 100%; box-sizing: border-box; padding: 6%; }
    :host([fill]) { grid-template: minmax(0, 1fr) / minmax(0, 1fr); place-items: stretch; block-size: 100%; min-block-size: 0; }
    :host([fill]) img, :host([fill]) regulars-garment { block-size: 100%; min-block-size: 0; aspect-ratio: auto; }
  `;

  render() {
    const { image, garment, colour, colour_hex, pattern } = this.item;
    if (!image || this.lost === image) return html`<regulars-garment kind=${garment} colour=${colour_hex || colour} pattern=${pattern ?? "plain"} .label=${this.label ?? ""}></regulars-garment>`;
    return html`<img src=${addressOf(image, this.size ?? 240)} alt=${this.label ?? ""} decoding="async" @error=${() => { this.lost = image; }}>`;
  }
}

customElements.define("regulars-picture", Picture);
