// A note in two taps: chips first, then at most two hundred characters that the customer can read.

import { LitElement, css, html, nothing } from "lit";

import { t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import "../shared/dialog.js";

// As `wire.live.NOTE_LIMIT`; the store refuses more.
const LIMIT = 200;
const CHIPS = ["gift", "occasion", "in_hurry", "look_first", "runs_small", "runs_large", "alteration", "comes_back"];

/** `send` an async function of {label, text, reason} that resolves to an Ack. `show()` opens it. */
export class Notes extends LitElement {
  static properties = { send: { attribute: false }, label: { state: true }, length: { state: true }, error: { state: true } };

  static styles = [base, controls, css`
    textarea { font: inherit; color: inherit; inline-size: 100%; min-block-size: 5.5rem; padding: .6rem .8rem; border: 1.5px solid var(--line-strong); border-radius: var(--round-m); background: var(--paper); resize: vertical; }
    .chips { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .4rem; }
    .chips button { padding-inline: .4rem; font-size: .875rem; }
    .check { display: flex; align-items: center; gap: var(--gap-s); min-block-size: var(--touch); }
    input[type=checkbox] { inline-size: 1.5rem; block-size: 1.5rem; accent-color: var(--pine); }
  `];

  render() {
    return html`<regulars-dialog .heading=${t("note.title")}>
      <form class="stack" @submit=${this.#submit}>
        <div class="chips" role="group" aria-label=${t("note.title")}>${CHIPS.map((chip) => html`<button type="button" aria-pressed=${this.label === chip ? "true" : "false"}
          @click=${() => { this.label = this.label === chip ? "" : chip; }}>${t(`note.chip.${chip}`)}</button>`)}</div>
        <label class="field"><span class="row spread"><span>${t("note.text")}</span><span class="small soft">${t("note.left", { count: LIMIT - (this.length ?? 0) })}</span></span>
          <textarea name="text" maxlength=${LIMIT} @input=${(event) => { this.length = event.target.value.length; }}></textarea></label>
        <label class="check"><input type="checkbox" name="task"> ${t("note.task")}</label>
        <p class="small soft">${t("note.readable")}</p>
        <p class="mistake" role="alert">${this.error ? t(this.error) : nothing}</p>
        <button class="primary">${t("note.save")}</button>
      </form></regulars-dialog>`;
  }

  async show() {
    this.error = "";
    await this.updateComplete;
    await this.renderRoot.querySelector("regulars-dialog").show();
  }

  async #submit(event) {
    event.preventDefault();
    const form = event.target;
    const text = form.elements.text.value.trim();
    if (!text && !this.label) return;
    const ack = await this.send({ label: this.label ?? "", text, reason: form.elements.task.checked ? "task" : "" });
    this.error = ack.ok ? "" : (ack.error || "error.refused");
    if (!ack.ok) return;
    form.reset();
    this.label = "";
    this.length = 0;
    this.renderRoot.querySelector("regulars-dialog").close();
  }
}

customElements.define("regulars-notes", Notes);
