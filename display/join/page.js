// Joining: plain words first, then one question after another, nothing ticked beforehand; at the end the receipt.

import { LitElement, css, html, nothing } from "lit";

import "../shared/theme.js";
import "../shared/modes.js";
import "../shared/preferences.js";
import { icon } from "../shared/icons.js";
import { language, otherLanguage, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import "./receipt.js";

// The version of the words below; it stands in the receipt, so that anybody can tell what was agreed to.
const NOTICE = "join-2026-11";
const PURPOSES = ["recognise", "staff", "screen", "web_history", "measure"];
const STEPS = ["how", "consent", "mode", "taste", "you"];

export class Join extends LitElement {
  static properties = { step: { state: true }, answers: { state: true }, errors: { state: true }, busy: { state: true }, joined: { state: true } };

  static styles = [base, controls, css`
    :host { min-block-size: 100dvh; display: grid; grid-template-rows: auto 1fr auto; }
    header { display: flex; align-items: center; gap: var(--gap-m); padding: .3rem var(--gap-s) .3rem var(--gap-l); }
    main { padding: var(--gap-s) var(--gap-l) var(--gap-xl); }
    .middle { inline-size: min(44rem, 100%); margin-inline: auto; display: grid; gap: var(--gap-l); }
    /* At the end, not over it: nothing that is consented to lies hidden behind a button. */
    .footer { background: var(--paper); border-block-start: 1px solid var(--line); padding: var(--gap-s) var(--gap-l) calc(var(--gap-s) + env(safe-area-inset-bottom)); }
    .footer div { inline-size: min(44rem, 100%); margin-inline: auto; display: flex; gap: var(--gap-s); } .footer .primary { flex: 1; }
    progress { appearance: none; inline-size: 100%; block-size: .4rem; border: 0; border-radius: 1rem; background: var(--sand); overflow: hidden; display: block; }
    progress::-webkit-progress-bar { background: var(--sand); } progress::-webkit-progress-value { background: var(--pine); } progress::-moz-progress-bar { background: var(--pine); }
    .points { display: grid; gap: var(--gap-m); } .points li { display: grid; grid-template-columns: 3rem 1fr; gap: var(--gap-m); align-items: start; }
    .points .disc { inline-size: 3rem; block-size: 3rem; border-radius: 50%; background: var(--pine-wash); color: var(--pine-deep); display: grid; place-items: center; }
    .purpose { display: grid; grid-template-columns: auto 1fr; gap: var(--gap-m); padding: var(--gap-m) var(--gap-l); border: 1.5px solid var(--line); border-radius: var(--round-l); background: var(--paper); cursor: pointer; }
    .purpose .mistake { display: block; margin-block-start: .2rem; }
    .purpose:has(:checked) { border-color: var(--pine); background: var(--pine-wash); }
    input[type="checkbox"] { inline-size: 1.75rem; block-size: 1.75rem; margin: .1rem 0; accent-color: var(--pine); }
    h1:focus { outline: none; }
  `];

  constructor() {
    super();
    this.step = 0;
    this.errors = {};
    this.answers = { purposes: [], standing_mode: "phone", taste: {}, alias: "", name: "", language, adult: false };
  }

  render() {
    if (this.joined) return html`<main><div class="middle"><regulars-receipt .joined=${this.joined}></regulars-receipt></div></main>`;
    const name = STEPS[this.step];
    const other = otherLanguage();
    return html`
      <header><div class="grow"><p class="eyebrow">${t("join.step", { step: this.step + 1, steps: STEPS.length })}</p>
        <progress max=${STEPS.length} value=${this.step + 1} aria-label=${t("join.progress")}></progress></div>
        <a class="button quiet" href=${other.href} hreflang=${other.lang} lang=${other.lang} aria-label=${`${other.lang.toUpperCase()}: ${t("language.other")}`}>${other.lang.toUpperCase()}</a></header>
      <main><div class="middle"><h1 tabindex="-1">${t(`join.${name}`)}</h1>${this[`_${name}`]()}
        <p class="mistake" role="alert">${this.errors.form ? t(this.errors.form) : nothing}</p></div></main>
      <div class="footer"><div>
        ${this.step ? html`<button @click=${() => this.#go(this.step - 1)}>${t("back")}</button>` : nothing}
        <button class="primary" ?disabled=${this.busy} @click=${() => this.#next()}>${t(name === "you" ? "join.go" : "join.next")}</button></div></div>`;
  }

  _how() {
    const points = { hanger: "join.point.shop", hidden: "join.point.quiet", person: "join.point.control", door: "join.point.leave" };
    return html`<p>${t("join.lead")}</p><ul class="points">${Object.entries(points).map(([glyph, key]) => html`<li><span class="disc">${icon(glyph, 24)}</span><span><b>${t(key)}</b><br><span class="soft">${t(`${key}.what`)}</span></span></li>`)}</ul>
      <p class="note small">${t("join.without")}</p>`;
  }

  _consent() {
    return html`<p>${t("join.consent_lead")}</p><div class="stack" role="group" aria-label=${t("join.consent")}>
      ${PURPOSES.map((purpose) => html`<label class="purpose"><input type="checkbox" name=${purpose} .checked=${this.answers.purposes.includes(purpose)} @change=${(event) => this.#consent(purpose, event.target.checked)}>
        <span><b>${t(`purpose.${purpose}`)}</b>${purpose === "recognise" ? html` <span class="chip">${t("join.needed")}</span>` : nothing}<br><span class="soft">${t(`purpose.${purpose}.what`)}</span></span></label>`)}</div>
      <p class="small soft">${t("join.consent_end")}</p>`;
  }

  _mode() {
    const open = openModes(this.answers.purposes);
    return html`<p>${t("join.mode_lead")}</p><regulars-modes .mode=${open.includes(this.answers.standing_mode) ? this.answers.standing_mode : "phone"} .open=${open} @choose=${(event) => this.#set({ standing_mode: event.detail.mode })}></regulars-modes>`;
  }

  _taste() {
    return html`<p>${t("join.taste_lead")}</p><regulars-preferences .value=${this.answers.taste} @change=${(event) => this.#set({ taste: event.detail })}></regulars-preferences>`;
  }

  _you() {
    const { alias, name, adult } = this.answers;
    return html`
      <label class="field"><span>${t("join.alias")}</span><input name="alias" .value=${alias} maxlength="40" autocomplete="nickname" required aria-describedby="alias-how" @input=${(event) => this.#set({ alias: event.target.value })}>
        <span class="small soft" id="alias-how">${t("join.alias_how")}</span>${this.#mistake("alias")}</label>
      <label class="field"><span>${t("join.name")}</span><input name="name" .value=${name} maxlength="120" autocomplete="name" @input=${(event) => this.#set({ name: event.target.value })}><span class="small soft">${t("join.name_how")}</span></label>
      <label class="field"><span>${t("join.language")}</span><select name="language" @change=${(event) => this.#set({ language: event.target.value })}>
        ${["de", "en"].map((tag) => html`<option value=${tag} ?selected=${this.answers.language === tag}>${t(`language.${tag}`)}</option>`)}</select></label>
      <label class="purpose"><input type="checkbox" name="adult" .checked=${adult} @change=${(event) => this.#set({ adult: event.target.checked })}><span><b>${t("join.adult")}</b>${this.#mistake("adult")}</span></label>`;
  }

  #mistake(field) {
    return this.errors[field] ? html`<span class="mistake" role="alert">${t(this.errors[field])}</span>` : nothing;
  }

  #set(fields) {
    this.answers = { ...this.answers, ...fields };
  }

  #consent(purpose, given) {
    const held = this.answers.purposes.filter((other) => other !== purpose);
    this.#set({ purposes: given ? [...held, purpose] : held });
  }

  async #next() {
    const { purposes, alias, adult } = this.answers;
    const name = STEPS[this.step];
    this.errors = {};
    if (name === "consent" && !purposes.includes("recognise")) this.errors = { form: "join.error.recognise" };
    if (name === "you") this.errors = { ...(alias.trim() ? {} : { alias: "join.error.alias" }), ...(adult ? {} : { adult: "join.error.adult" }) };
    if (Object.keys(this.errors).length) return;
    if (name === "you") await this.#join();
    else this.#go(this.step + 1);
  }

  async #go(step) {
    this.step = step;
    this.errors = {};
    await this.updateComplete;
    scrollTo(0, 0);
    this.renderRoot.querySelector("h1").focus();
  }

  async #join() {
    const { taste, standing_mode, ...rest } = this.answers;
    const store = new URLSearchParams(location.search).get("store");
    const open = openModes(rest.purposes);
    const body = {
      ...rest, alias: rest.alias.trim(), name: rest.name.trim(), standing_mode: open.includes(standing_mode) ? standing_mode : "phone", notice: NOTICE,
      sizes: taste.sizes ?? [], brands: taste.brands_liked ?? [], brands_disliked: taste.brands_disliked ?? [], categories: taste.categories_liked ?? [], colours: taste.colours ?? [],
      ...(store ? { store_id: store } : {}),
    };
    this.busy = true;
    try {
      const response = await fetch("/v1/join", { method: "POST", headers: { "Content-Type": "application/json", "X-Regulars": "1", "Accept-Language": rest.language }, body: JSON.stringify(body), signal: AbortSignal.timeout(15_000) });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) this.joined = answer;
      else this.errors = faults(answer);
    } catch {
      this.errors = { form: "error.offline" };
    }
    this.busy = false;
  }
}

/** The modes that the purposes carry; the same arithmetic as the store's, so that no button promises too much. */
function openModes(purposes) {
  return ["invisible", "phone", ...(purposes.includes("screen") ? ["screen"] : []), ...(purposes.includes("staff") ? ["advice"] : [])];
}

function faults(problem) {
  const fields = Object.fromEntries((problem.errors ?? []).map((fault) => [fault.field, fault.error]));
  return { form: problem.error ?? "error.refused", ...fields };
}

customElements.define("regulars-join", Join);
