// The demo: floor, tablet, screen and phone side by side, and the tour. The three devices are the production pages
// served by the store and by head office; only the floor is a simulator.

import { LitElement, css, html, nothing } from "lit";

import "../shared/theme.js";
import { icon } from "../shared/icons.js";
import { language, otherLanguage, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import "./floor.js";
import "./frame.js";
import "./tour.js";

export class Demo extends LitElement {
  static properties = { setting: { state: true }, people: { state: true }, crowd: { state: true }, steps: { state: true }, plugged: { state: true }, lost: { state: true } };

  static styles = [base, controls, css`
    :host { min-block-size: 100dvh; padding: var(--gap-m) var(--gap-l) var(--gap-l); }
    header { display: flex; align-items: center; gap: var(--gap-m); margin-block-end: var(--gap-m); }
    header h1 { font-size: 1.5rem; text-wrap: pretty; margin-block-end: .15rem; } header p { color: var(--ink-soft); font-size: .9375rem; }
    main { display: grid; gap: var(--gap-l); }
    .left, .right { display: grid; gap: var(--gap-m); align-content: start; min-inline-size: 0; }
    .devices { display: grid; gap: var(--gap-l); align-items: start; }
    .plug button { flex: none; white-space: nowrap; padding-inline: .9rem; } .plug { display: flex; align-items: center; justify-content: space-between; gap: var(--gap-m); padding: var(--gap-s) var(--gap-s) var(--gap-s) var(--gap-l); border-radius: var(--round-m); background: var(--paper); border: 1px solid var(--line); }
    .people { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .3rem; padding: .4rem; max-block-size: 15rem; overflow-y: auto; border: 1px solid var(--line); border-radius: var(--round-m); background: var(--sand); align-content: start; }
    .people li { display: grid; grid-template-columns: 1fr auto; align-items: center; gap: .3rem; padding-inline-start: .7rem; border-radius: var(--round-m); background: var(--paper); border: 1px solid var(--line); font-size: .9375rem; }
    .people li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .people button { font-size: var(--size-s); padding-inline: .7rem; border-color: transparent; }
    .legend { display: flex; flex-wrap: wrap; gap: .2rem .9rem; font-size: var(--size-s); color: var(--ink-soft); } .legend i { display: inline-block; inline-size: .7rem; block-size: .7rem; border-radius: 50%; margin-inline-end: .3rem; }
    .advice { background: var(--clay); } .screen { background: var(--sky); } .phone { background: var(--pine); } .stranger { background: var(--line-strong); }
    @media (min-width: 48rem) { .devices { grid-template-columns: 6.3fr 5.5fr 4.7fr; } }
    @media (min-width: 70rem) {
      main { grid-template-columns: minmax(20rem, 27vw) 1fr; }
      .left { grid-template-rows: auto auto auto minmax(7rem, 1fr); block-size: calc(100dvh - 6.5rem); min-block-size: 36rem; } .people { max-block-size: none; min-block-size: 0; }
      .left regulars-floor { max-inline-size: calc((100dvh - 24rem) * 1.1); }
      .devices { max-inline-size: calc((100dvh - 19rem) * 1.72 + 3rem); }
    }
  `];

  #stream = null;

  constructor() {
    super();
    this.people = [];
    this.crowd = [];
    this.steps = [];
    this.plugged = true;
  }

  async connectedCallback() {
    super.connectedCallback();
    this.setting = await (await fetch("/demo.json")).json();
    this.#stream = new EventSource("/stream");
    this.#stream.addEventListener("floor", (event) => this.#floor(JSON.parse(event.data)));
    this.#stream.addEventListener("tour", (event) => this.#tour(JSON.parse(event.data)));
    this.#stream.addEventListener("open", () => { this.lost = false; });
    this.#stream.addEventListener("error", () => { this.lost = true; });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stream?.close();
  }

  render() {
    const { setting } = this;
    const other = otherLanguage();
    return html`<header>${icon("hanger", 34)}<div class="grow"><h1>${setting?.store_name ?? t("demo.title")}</h1><p>${this.lost ? t("demo.lost") : t("demo.lead")}</p></div>
      <a class="button quiet" href=${other.href} hreflang=${other.lang} lang=${other.lang} aria-label=${`${other.lang.toUpperCase()}: ${t("language.other")}`}>${other.lang.toUpperCase()}</a></header>
    <main>
      <section class="left" aria-label=${t("demo.shop")}>
        <regulars-floor .plan=${setting?.floor} .people=${this.people} .crowd=${this.crowd} .star=${setting?.anna} .hint=${this.steps[0]?.done === false ? t("demo.drag") : ""} @move=${(event) => this.#move(event.detail)}></regulars-floor>
        <p class="legend"><span><i class="advice"></i>${t("mode.advice")}</span><span><i class="screen"></i>${t("mode.screen")}</span><span><i class="phone"></i>${t("mode.phone")}</span><span><i class="stranger"></i>${t("demo.strangers")}</span></p>
        <div class="plug"><span><b>${t("demo.office")}</b><br><span class="small soft">${t(this.plugged ? "demo.plugged" : "demo.unplugged")}</span></span>
          <button data-plug class=${this.plugged ? "" : "warm"} @click=${() => this.#post("/plug", { in: !this.plugged })}>${t(this.plugged ? "demo.pull" : "demo.push")}</button></div>
        <ul class="people" aria-label=${t("demo.people")} tabindex="0">${this.people.map((person) => this.#person(person))}</ul>
      </section>
      <section class="right" aria-label=${t("demo.devices")}>
        <regulars-tour class="sheet" .steps=${this.steps} @again=${() => this.#post("/again", {})}></regulars-tour>
        ${setting ? html`<div class="devices">
          <regulars-frame kind="tablet" native="560" .label=${t("demo.tablet")} .src=${framed(setting.tablet_url, { blur_s: 0 })}></regulars-frame>
          <regulars-frame kind="screen" native="0" .label=${t("demo.screen")} .src=${framed(setting.screen_url)}></regulars-frame>
          <regulars-frame kind="phone" native="375" .label=${t("demo.phone")} .src=${framed(setting.phone_url)}></regulars-frame></div>` : nothing}
      </section>
    </main>`;
  }

  #person(person) {
    const inside = person.place === "inside";
    const [doorX, doorY] = this.setting?.floor.door ?? [0, 0];
    return html`<li><span title=${person.label}>${person.label}</span>${inside
      ? html`<button class="quiet" aria-label=${`${t("demo.leave")}: ${person.label}`} @click=${() => this.#post(`/phones/${person.id}/walk`, { path: [[doorX, doorY + 0.6], [doorX, doorY - 3]], leave: true })}>${t("demo.leave")}</button>`
      : html`<button class="quiet" aria-label=${`${t("demo.enter")}: ${person.label}`} @click=${() => this.#post(`/phones/${person.id}/walk`, { path: [[doorX, doorY - 2], [doorX, doorY + 2.5], this.#middle(person)] })}>${t("demo.enter")}</button>`}</li>`;
  }

  /** Somewhere on the shop floor, the same for each person, not all on one heap. */
  #middle(person) {
    const zones = this.setting.floor.zones.filter((zone) => zone.kind === "floor" && zone.rect);
    const index = this.people.findIndex((other) => other.id === person.id);
    const [x0, y0, x1, y1] = zones[index % zones.length]?.rect ?? this.setting.floor.bounds;
    return [x0 + (x1 - x0) * (0.3 + 0.4 * ((index * 0.37) % 1)), y0 + (y1 - y0) * (0.35 + 0.4 * ((index * 0.61) % 1))];
  }

  #floor({ phones, crowd }) {
    const held = this.renderRoot.querySelector("regulars-floor")?.held;
    const mine = this.people.find((person) => person.id === held);
    this.people = phones.map((phone) => (phone.id === held && mine ? { ...phone, x: mine.x, y: mine.y } : phone));
    this.crowd = crowd ?? [];
  }

  #tour({ steps, plugged }) {
    this.steps = steps;
    this.plugged = plugged;
  }

  #move({ id, x, y }) {
    this.people = this.people.map((person) => (person.id === id ? { ...person, x, y } : person));
    return this.#post(`/phones/${encodeURIComponent(id)}/move`, { x, y });
  }

  async #post(path, body) {
    try {
      const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", "X-Regulars": "1" }, body: JSON.stringify(body), signal: AbortSignal.timeout(5000) });
      this.lost = !answer.ok;
    } catch {
      this.lost = true;
    }
  }
}

/** The page's address with this page's language, theme and `extra` parameters. */
function framed(url, extra = {}) {
  const address = new URL(url, location.href);
  const theme = document.documentElement.dataset.theme;
  for (const [name, value] of Object.entries({ lang: language, ...(theme ? { theme } : {}), ...extra })) address.searchParams.set(name, value);
  return address.href;
}

customElements.define("regulars-demo", Demo);
