// Check-in without radio: the loyalty code typed, read by a keyboard-wedge scanner or seen by the tablet's camera; or the
// name of somebody who stands at the counter.

import { LitElement, css, html, nothing } from "lit";

import { codeReader } from "../shared/codes.js";
import { icon } from "../shared/icons.js";
import { t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import "../shared/dialog.js";

// Four frames a second read a card held still, and leave a cheap tablet's processor alone.
const LOOK_EVERY_MS = 250;

/** `send` and `find` async functions of a command's fields that resolve to Acks. Dispatches "done" {visit_id, shown}. */
export class Checkin extends LitElement {
  static properties = { send: { attribute: false }, find: { attribute: false }, way: { state: true }, people: { state: true }, error: { state: true }, busy: { state: true }, looking: { state: true }, opening: { state: true } };

  static styles = [base, controls, css`
    video { inline-size: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: var(--round-m); background: var(--sand); }
    .stack { gap: var(--gap-m); }
    .ways { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem; margin-block-end: var(--gap-m); }
    .people { margin-block-start: var(--gap-s); } .people button { inline-size: 100%; justify-content: space-between; flex-wrap: wrap; gap: .1rem .75rem; text-align: start; border-radius: var(--round-m); }
    .found { margin-block-start: var(--gap-l); }
  `];

  #stream = null;
  #looks = 0; // the one that goes on; whatever was begun under an earlier number ends

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
        ${!this.looking ? html`<button type="button" ?disabled=${this.opening} @click=${this.#look}>${icon("scan")} ${t("checkin.scan")}</button>` : nothing}
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
    this.error = "";
    this.opening = true;
    const began = ++this.#looks;
    try {
      const [stream, read] = await Promise.all([this.#camera(began), codeReader().catch(() => null)]);
      if (began !== this.#looks) return; // closed, or turned to the name, while somebody was asked for the camera
      if (!stream || !read) this.#giveUp(stream ? "checkin.no_reader" : "checkin.no_camera");
      else await this.#watch(stream, read);
    } finally {
      this.opening = false;
    }
  }

  /** The stream, or null; one that is granted when nobody waits for it any more is let go at once. */
  async #camera(began) {
    const stream = await navigator.mediaDevices?.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
    if (began === this.#looks) this.#stream = stream ?? null;
    else stream?.getTracks().forEach((track) => track.stop());
    return stream;
  }

  async #watch(stream, read) {
    const video = this.renderRoot.querySelector("video");
    video.srcObject = stream;
    this.looking = true;
    await video.play().catch(() => {}); // closed meanwhile
    for (const looks = this.#looks; looks === this.#looks; ) {
      const text = await read(video).catch(() => "");
      if (looks !== this.#looks) return;
      if (text && !this.busy) {
        this.renderRoot.querySelector("input").value = text;
        this.#stop();
        await this.#checkin({ loyalty: text });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  #giveUp(error) {
    this.#stop();
    this.error = error;
  }

  #closed = () => {
    this.#stop();
    this.people = null;
    this.renderRoot.querySelector("form").reset();
  };

  #stop = () => {
    this.#looks += 1;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.looking = false;
  };
}

customElements.define("regulars-checkin", Checkin);
