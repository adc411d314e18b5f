// One's own password and sessions; for owners also the colleagues' accounts and the programs' keys.

import { LitElement, css, html, nothing } from "lit";

import { ago, date, t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import { look } from "./look.js";

const ROLES = ["owner", "office", "support"];
const SCOPES = ["catalogue.write", "profiles.write", "stores.read", "stores.write", "members.read", "members.end"];

export class Access extends LitElement {
  static properties = { office: { attribute: false }, sessions: { state: true }, accounts: { state: true }, keys: { state: true }, shown: { state: true }, said: { state: true }, error: { state: true } };

  static styles = [base, controls, look, css`
    .scopes { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: var(--gap-s) var(--gap-l); } .scopes label { display: grid; grid-template-columns: auto 1fr; gap: var(--gap-s); align-items: center; min-block-size: 2rem; }
    input[type="checkbox"] { inline-size: 1.5rem; block-size: 1.5rem; accent-color: var(--pine); margin: 0; }
    output { display: block; user-select: all; } td:last-child { text-align: end; } @media (max-width: 40rem) { td:last-child { text-align: start; } }
  `];

  connectedCallback() {
    super.connectedCallback();
    this.#load();
  }

  render() {
    return html`${this.error ? html`<p class="mistake" role="alert">${t(this.error)}</p>` : nothing}
      ${this.shown ? html`<section class="note good stack" role="status"><h3>${t(this.shown.title)}</h3><p>${t("hq.shown_once")}</p><output class="ref">${this.shown.text}</output></section>` : nothing}
      ${this.office.may("accounts.write") ? html`${this.#people()}${this.#programs()}` : nothing}
      ${this.#own()}`;
  }

  #people() {
    return html`<section class="stack"><h2>${t("hq.people")}</h2>
      <table><thead><tr><th scope="col">${t("hq.name")}</th><th scope="col">${t("hq.role")}</th><th scope="col">${t("hq.since")}</th><th scope="col"><span class="unseen">${t("hq.what_to_do")}</span></th></tr></thead><tbody>
        ${(this.accounts ?? []).map((account) => html`<tr><td><b>${account.name}</b></td><td>${t(`hq.role.${account.role}`)}</td>
          <td>${account.disabled_at ? t("hq.closed") : date(account.created_at)}</td>
          <td>${account.account_id === this.office.me?.account_id ? nothing : html`<button class="quiet" @click=${() => this.#link(account)}>${t("hq.new_password")}<span class="unseen"> ${account.name}</span></button>
            ${account.disabled_at ? nothing : html`<button class="quiet" @click=${() => this.#close(account)}>${t("hq.close")}<span class="unseen"> ${account.name}</span></button>`}`}</td></tr>`)}</tbody></table>
      <form class="line" @submit=${this.#invite}><label class="field"><span>${t("hq.role")}</span><select name="role">${ROLES.map((role) => html`<option value=${role} ?selected=${role === "office"}>${t(`hq.role.${role}`)}: ${t(`hq.role.${role}.what`)}</option>`)}</select></label>
        <button class="primary">${t("hq.invite")}</button></form></section>`;
  }

  #programs() {
    return html`<section class="stack"><h2>${t("hq.programs")}</h2><p class="soft">${t("hq.programs_how")}</p>
      ${this.keys?.length ? html`<table><thead><tr><th scope="col">${t("hq.program")}</th><th scope="col">${t("hq.scopes")}</th><th scope="col">${t("hq.until")}</th><th scope="col"><span class="unseen">${t("hq.what_to_do")}</span></th></tr></thead><tbody>
        ${this.keys.map((key) => html`<tr><td><b>${key.name}</b><br><span class="ref soft">${key.key_id}</span></td><td>${key.scopes.map((scope) => t(`hq.scope.${scope}`)).join(", ")}</td>
          <td>${key.revoked_at ? t("hq.revoked") : key.expires_at ? date(key.expires_at) : "–"}</td>
          <td>${key.revoked_at ? nothing : html`<button class="quiet" @click=${() => this.#revoke(key)}>${t("hq.revoke")}<span class="unseen"> ${key.name}</span></button>`}</td></tr>`)}</tbody></table>` : nothing}
      <form class="sheet stack" @submit=${this.#makeKey}><label class="field"><span>${t("hq.program")}</span><input name="name" required maxlength="80" autocomplete="off"></label>
        <fieldset class="stack"><legend class="unseen">${t("hq.scopes")}</legend><div class="scopes">${SCOPES.map((scope) => html`<label><input type="checkbox" name="scopes" value=${scope}> <span>${t(`hq.scope.${scope}`)}</span></label>`)}</div></fieldset>
        <div><button class="primary">${t("hq.key_make")}</button></div></form></section>`;
  }

  #own() {
    return html`<section class="stack"><h2>${t("hq.own")}</h2>
      <form class="sheet stack" @submit=${this.#password}><input type="text" name="username" autocomplete="username" .value=${this.office.me?.name ?? ""} hidden>
        <label class="field"><span>${t("hq.password_old")}</span><input name="old" type="password" autocomplete="current-password" required maxlength="128"></label>
        <label class="field"><span>${t("hq.password_new")}</span><input name="new" type="password" autocomplete="new-password" required minlength="12" maxlength="128" aria-describedby="how"></label>
        <p class="small soft" id="how">${t("hq.password_how")}</p>
        <div><button class="primary">${t("hq.password_go")}</button></div><p role="status">${this.said ? t(this.said) : nothing}</p></form>
      <h3>${t("hq.sessions")}</h3><ul class="stack">${(this.sessions ?? []).map((session) => html`<li class="row spread wrap"><span>${session.is_this ? html`<b>${t("hq.session_this")}</b>` : t("hq.session_seen", { when: ago(session.seen_at) })}</span>
        ${session.is_this ? nothing : html`<button class="quiet" @click=${() => this.#end(session)}>${t("hq.session_end")}</button>`}</li>`)}</ul></section>`;
  }

  async #load() {
    const owner = this.office.may("accounts.write");
    const [sessions, accounts, keys] = await Promise.all([
      this.office.ask("GET", "/v1/office/sessions"), owner && this.office.ask("GET", "/v1/accounts"), owner && this.office.ask("GET", "/v1/keys"),
    ]);
    this.sessions = sessions.body?.sessions ?? [];
    if (owner) Object.assign(this, { accounts: accounts.body?.accounts ?? [], keys: keys.body?.keys ?? [] });
  }

  async #done(answer, shown) {
    this.error = answer.ok ? "" : answer.error;
    this.shown = answer.ok && shown ? shown(answer.body) : null;
    if (answer.ok) await this.#load();
    if (this.shown) this.renderRoot.querySelector("output")?.scrollIntoView({ block: "center" });
  }

  async #invite(event) {
    event.preventDefault();
    const role = new FormData(event.target).get("role");
    await this.#done(await this.office.ask("POST", "/v1/accounts", { role }), (body) => ({ title: "hq.link", text: body.setup_url }));
  }

  async #link(account) {
    await this.#done(await this.office.ask("POST", `/v1/accounts/${account.account_id}/password-link`, {}), (body) => ({ title: "hq.link", text: body.setup_url }));
  }

  async #close(account) {
    await this.#done(await this.office.ask("PUT", `/v1/accounts/${account.account_id}`, { disabled: true }));
  }

  async #makeKey(event) {
    event.preventDefault();
    const said = new FormData(event.target);
    await this.#done(await this.office.ask("POST", "/v1/keys", { name: said.get("name"), scopes: said.getAll("scopes") }), (body) => ({ title: "hq.key", text: body.token }));
    if (!this.error) event.target.reset();
  }

  async #revoke(key) {
    await this.#done(await this.office.ask("DELETE", `/v1/keys/${key.key_id}`));
  }

  async #end(session) {
    await this.#done(await this.office.ask("DELETE", `/v1/office/sessions/${session.session_id}`));
  }

  async #password(event) {
    event.preventDefault();
    const said = new FormData(event.target);
    const answer = await this.office.ask("PUT", "/v1/office/password", { old: said.get("old"), new: said.get("new") });
    await this.#done(answer);
    this.said = answer.ok ? "said.saved" : "";
    if (answer.ok) event.target.reset();
  }
}

customElements.define("regulars-hq-access", Access);
