// The first look: alarms, how many members, how each store is, and which withdrawals a store has not proved yet.

import { LitElement, css, html, nothing } from "lit";

import "../shared/dialog.js";
import { icon } from "../shared/icons.js";
import { ago, date, locale, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import { look } from "./look.js";

const REFRESH_MS = 15_000;
// Stores report every 25 s at the latest: three missed are a line that is down, an hour is a call to the store.
const LATE_S = 90;
const SILENT_S = 3600;
const number = new Intl.NumberFormat(locale);

export class Overview extends LitElement {
  static properties = { office: { attribute: false }, found: { state: true }, settling: { state: true }, refused: { state: true }, error: { state: true } };

  static styles = [base, controls, look, css`
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: var(--gap-m); }
    .figures div { display: grid; align-content: start; gap: .1rem; padding: var(--gap-m) var(--gap-l); } .figures b { font: 600 var(--size-xxl)/1.1 var(--serif); font-variant-numeric: tabular-nums; }
    .stores { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: var(--gap-m); }
    .alarm { display: flex; flex-wrap: wrap; align-items: center; gap: var(--gap-s) var(--gap-m); } .alarm .glyph { flex: none; color: var(--clay); } .alarm .grow { flex: 1 1 14rem; } .alarm .ref, .alarm .soft { color: var(--ink); }
    .store { display: grid; gap: var(--gap-s); align-content: start; } .store h3 { overflow-wrap: anywhere; text-wrap: pretty; }
    .store .row { flex-wrap: wrap; } .store .chip { flex: none; white-space: nowrap; }
    .store dl { display: grid; grid-template-columns: 1fr auto; gap: .15rem var(--gap-m); } .store dd { text-align: end; font-variant-numeric: tabular-nums; }
  `];

  #timer = null;

  connectedCallback() {
    super.connectedCallback();
    this.#load();
    this.#timer = setInterval(() => this.#load(), REFRESH_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  render() {
    const { found } = this;
    if (!found) return html`<p class="soft" role="status">${t(this.error || "opening")}</p>`;
    return html`
      ${this.error ? html`<p class="note warn" role="status">${t(this.error)}</p>` : nothing}
      ${found.alarms.length ? html`<section class="stack"><h2>${t("hq.alarm")}</h2><p class="soft">${t("hq.alarm_how")}</p>
        <ul class="stack">${found.alarms.map((alarm) => this.#alarm(alarm))}</ul></section>` : nothing}
      <section aria-labelledby="figures"><h2 id="figures" class="unseen">${t("hq.figures")}</h2><div class="figures">
        ${this.#figure(found.members, t("hq.members_count", { count: found.members }))}
        ${this.#figure(found.recognised, t("hq.recognised"))}
        ${this.#figure(found.stores.length, t("hq.stores_count", { count: found.stores.length }))}
        ${this.#figure(found.open.length, t("hq.open_count", { count: found.open.length }))}</div></section>
      ${found.open.length ? html`<section class="stack"><h2>${t("hq.open")}</h2><p class="soft">${t("hq.open_how")}</p>
        <ul class="stack">${found.open.map((each) => this.#open(each))}</ul></section>` : nothing}
      <section class="stack"><h2>${t("hq.stores")}</h2>${found.stores.length
        ? html`<ul class="stores">${found.stores.map((store) => this.#store(store, found.now))}</ul>`
        : html`<p class="soft">${t("hq.stores_none")}</p>`}</section>
      <regulars-dialog .heading=${t("hq.settle_sure")}><div class="stack"><p>${t("hq.settle_what", { store: this.settling?.name ?? "" })}</p>
        <p class="mistake" role="alert">${this.refused ? t(this.refused) : nothing}</p>
        <button class="warm" @click=${() => this.#settle()}>${t("hq.settle_go")}</button></div></regulars-dialog>`;
  }

  /** Who may only look sees the alarm too, and whom to tell. */
  #alarm(alarm) {
    return html`<li class="note bad alarm" data-device=${alarm.device_id}>${icon("alert", 24)}<div class="stack tight grow"><b>${alarm.name}</b>
        <span>${t(`hq.alarm.${alarm.kind}`)}</span><span class="small soft"><span class="ref">${alarm.device_id}</span> · ${ago(alarm.at)}</span></div>
      ${this.office.may("stores.write") ? html`<button @click=${() => this.#ask(alarm)}>${t("hq.settle")}<span class="unseen"> ${alarm.name}</span></button>` : html`<span class="small">${t("hq.settle_who")}</span>`}</li>`;
  }

  #figure(count, label) {
    return html`<div class="sheet"><b>${number.format(count)}</b><span class="soft">${label}</span></div>`;
  }

  #store(store, now) {
    const age = now - store.seen_at;
    const state = !store.devices || !store.seen_at ? "none" : age > SILENT_S ? "silent" : age > LATE_S ? "late" : "well";
    return html`<li class="sheet store"><h3>${store.name}</h3>
      <div class="row spread"><p class="small soft">${store.store_id} · ${t("hq.number", { number: store.number })}</p><span class="chip ${{ well: "like", late: "gold", silent: "avoid", none: "" }[state]}">${icon(state === "well" ? "check" : state === "none" ? "plus" : "alert", 18)} ${t(`hq.store.${state}`)}</span></div>
      <dl><dt>${t("hq.seen")}</dt><dd>${store.seen_at ? ago(store.seen_at, now) : "–"}</dd>
        <dt>${t("hq.events")}</dt><dd>${number.format(store.events)}</dd>
        <dt>${t("hq.devices")}</dt><dd>${number.format(store.devices)}</dd>
        <dt>${t("hq.open_here")}</dt><dd>${number.format(store.open)}</dd></dl></li>`;
  }

  #open(withdrawal) {
    return html`<li class="note warn stack tight"><b>${t(`hq.end.${withdrawal.kind}`)} ${t("hq.seq", { seq: withdrawal.seq })}, ${ago(withdrawal.at)}</b>
      <span class="small">${t("hq.proved", { count: withdrawal.applied.length })}</span>
      <ul class="small">${withdrawal.pending.map((store) => html`<li>${t("hq.waits_for", { store: store.name, until: date(store.lease_ends_at) })}</li>`)}</ul></li>`;
  }

  #ask(alarm) {
    this.settling = alarm;
    this.refused = "";
    this.renderRoot.querySelector("regulars-dialog").show();
  }

  async #settle() {
    const answer = await this.office.ask("POST", `/v1/devices/${encodeURIComponent(this.settling.device_id)}/settle`);
    this.refused = answer.ok ? "" : answer.error;
    if (!answer.ok) return;
    this.renderRoot.querySelector("regulars-dialog").close();
    await this.#load();
  }

  async #load() {
    const answer = await this.office.ask("GET", "/v1/overview");
    if (answer.ok) this.found = answer.body;
    this.error = answer.ok ? "" : answer.error;
  }
}

customElements.define("regulars-hq-overview", Overview);
