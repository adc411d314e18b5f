// A device with a real page in it, drawn smaller than life: the page keeps the size of the device and is scaled.

import { LitElement, css, html, nothing } from "lit";

import { t } from "../shared/i18n.js";
import { base } from "../shared/styles.js";

/** `src` the page, `label` its name, `kind` "tablet" | "screen" | "phone", `native` the device's width in CSS pixels
    (0: the page is shown at the size it has here, for pages that size themselves). */
export class Frame extends LitElement {
  static properties = { src: {}, label: {}, kind: {}, native: { type: Number } };

  static styles = [base, css`
    :host { display: grid; grid-template-rows: auto 1fr; gap: .45rem; min-inline-size: 0; }
    .label { display: flex; justify-content: space-between; gap: .5rem; font-weight: 600; font-size: var(--size-s); color: var(--ink-soft); }
    .device { position: relative; overflow: hidden; border: .5rem solid #2b2420; border-radius: 1.4rem; background: var(--linen); box-shadow: var(--shadow-high); }
    .device.screen { border-width: .35rem; border-radius: .6rem; aspect-ratio: 9 / 16; } .device.phone { aspect-ratio: 375 / 790; border-radius: 1.7rem; } .device.tablet { aspect-ratio: 600 / 920; }
    iframe { border: 0; display: block; position: absolute; inset: 0; inline-size: calc(100% / var(--scale, 1)); block-size: calc(100% / var(--scale, 1)); transform: scale(var(--scale, 1)); transform-origin: 0 0; }
  `];

  #watch = new ResizeObserver(([entry]) => this.#scale(entry.contentRect.width));

  firstUpdated() {
    this.#watch.observe(this.renderRoot.querySelector(".device"));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#watch.disconnect();
  }

  render() {
    return html`<div class="label"><span>${this.label}</span>${this.src ? html`<a href=${this.src.split("#")[0]} target="_blank" rel="noopener" aria-label=${t("demo.open_alone", { label: this.label })}>${t("demo.open")}</a>` : nothing}</div>
      <div class="device ${this.kind}">${this.src ? html`<iframe src=${this.src} title=${this.label}></iframe>` : nothing}</div>`;
  }

  #scale(width) {
    this.renderRoot.querySelector(".device").style.setProperty("--scale", this.native ? width / this.native : 1);
  }
}

customElements.define("regulars-frame", Frame);
