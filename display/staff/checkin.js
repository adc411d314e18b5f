// Check-in without radio: the loyalty code typed, read by a keyboard-wedge scanner or seen by the tablet's camera; or the
// name of somebody who stands at the counter.

import { LitElement, css, html, nothing } from "lit";

import { icon } from "../shared/icons.js";
import { t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import "../shared/dialog.js";

// Four frames a second read a card held still, and leave a cheap tablet's processor alone.
const LOOK_EVERY_MS = 250;
const FORMATS = ["qr_code", "code_128", "ean_13", "data_matrix"];

/** `send` and `find` async functions of a command's fields that resolve to Acks. Dispatches "done" {visit_id, shown}. */
export class Checkin extends LitElement {
  static properties = { send: { attribute: false }, find: { attribute: false }, way: { state: true }, people: { state: true }, error: { state: true }, busy: { state: true }, looking: { state: true } };

  static styles = [base, controls, css`
    video { inline-size: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: var(--round-m); background: var(--sand); }
    .stack { gap: var(--gap-m); }
    .ways { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem; margin-block-end: var(--gap-m); }
    .people { margin-block-start: var(--gap-s); } .people button { inline-size: 100%; justify-content: space-between; flex-wrap: wrap; gap: .1rem .75rem; text-align: start; border-radius: var(--round-m); }
    .found { margin-block-start: var(--gap-l); }
  `];

  #stream = null;
  #timer = 0;

  render() {
    return html`<regulars-dialog .heading=${t("checkin.title")} @closed=${this.#closed}>
      <div class="ways" role="group" aria-label=${t("checkin.title")}>${["card", "name"].map((way) => html`<button type="button" aria-pressed=${(this.way ?? "card") === way ? "true" : "false"} @click=${() => this.#turn(way)}>${icon(way === "card" ? "scan" : "person")} ${t(`checkin.by.${way}`)}</button>`)}</div>
      ${this.way === "name" ? this.#byName() : this.#byCard()}
    </regulars-dialog>`;
  }

  #byCard() {
    return html`<form class="stack" @submit=${this.#submit}>
        <p class="soft">${t("checkin.how")}</p>
        <video ?hidden=${!this.looking} muted playsinline aria-label=${t("checkin.camera")}></video>
        <label class="field"><span>${t("checkin.code")}</span><input name="loyalty" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="80" required aria-describedby="mistake"></label>
        ${this.#mistake()}
        ${"BarcodeDetector" in window && !this.looking ? html`<button type="button" @click=${this.#look}>${icon("scan")} ${t("checkin.scan")}</button>` : nothing}
        <button class="primary" ?disabled=${this.busy}>${t("checkin.go")}</button>
      </form>`;
  }

  #byName() {
    return html`<form class="stack" @submit=${this.#search}>
        <p class="soft">${t("checkin.name_how")}</p>
        <label class="field"><span>${t("checkin.name")}</span><input name="name" autocomplete="off" autocapitalize="words" spellcheck="false" maxlength="80" required aria-describedby="mistake"></label>
        ${this.#mistake()}
        <button class=${this.people?.length ? "" : "primary"} ?disabled=${this.busy}>${icon("search")} ${t("checkin.find")}</button>
      </form>
      ${this.people?.length ? html`<h3 class="found">${t("checkin.found")}</h3><ul class="people stack tight">${this.people.map((one) => html`<li><button @click=${() => this.#checkin({ pick: one.pick })}>
        <b>${one.name}</b> <span class="small soft">${one.digits ? t("checkin.digits", { digits: one.digits }) : t("checkin.no_digits")}</span></button></li>`)}</ul>` : nothing}`;
  }

  #mistake() {
    return html`<p id="mistake" class="mistake" role="alert">${this.error ? t(this.error) : nothing}</p>`;
  }

  async show() {
    this.error = "";
    this.way = "card";
    await this.updateComplete;
    await this.renderRoot.querySelector("regulars-dialog").show();
    this.renderRoot.querySelector("input").focus();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stop();
  }

  async #turn(way) {
    this.#stop();
    this.way = way;
    this.people = null;
    this.error = "";
    await this.updateComplete;
    this.renderRoot.querySelector("input").focus();
  }

  #submit(event) {
    event.preventDefault();
    this.#checkin({ loyalty: new FormData(event.target).get("loyalty").trim() });
  }

  async #search(event) {
    event.preventDefault();
    const ack = await this.#asking(() => this.find({ text: new FormData(event.target).get("name").trim() }));
    this.people = ack?.ok ? ack.body.members : null;
  }

  async #checkin(fields) {
    const ack = await this.#asking(() => this.send(fields));
    if (!ack?.ok) return;
    this.renderRoot.querySelector("regulars-dialog").close();
    this.dispatchEvent(new CustomEvent("done", { detail: ack.body ?? {} }));
  }

  /** One question at a time; what went wrong stands where it was typed. */
  async #asking(ask) {
    if (this.busy) return null;
    this.busy = true;
    const ack = await ask();
    this.busy = false;
    this.error = ack.ok ? "" : (ack.error || "error.refused");
    return ack;
  }

  async #look() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.error = "checkin.no_camera";
      return;
    }
    const video = this.renderRoot.querySelector("video");
    video.srcObject = this.#stream;
    await video.play();
    this.looking = true;
    const detector = new window.BarcodeDetector({ formats: FORMATS });
    this.#timer = setInterval(() => this.#read(detector, video), LOOK_EVERY_MS);
  }

  async #read(detector, video) {
    const found = await detector.detect(video).catch(() => []);
    if (!found.length || this.busy) return;
    this.renderRoot.querySelector("input").value = found[0].rawValue;
    this.#stop();
    await this.#checkin({ loyalty: found[0].rawValue });
  }

  #closed = () => {
    this.#stop();
    this.people = null;
    this.renderRoot.querySelector("form").reset();
  };

  #stop = () => {
    clearInterval(this.#timer);
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.looking = false;
  };
}

customElements.define("regulars-checkin", Checkin);
