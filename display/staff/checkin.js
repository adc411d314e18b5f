// Check-in without radio: the loyalty code typed, read by a keyboard-wedge scanner, or seen by the tablet's camera.

import { LitElement, css, html, nothing } from "lit";

import { icon } from "../shared/icons.js";
import { t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";
import "../shared/dialog.js";

// Four frames a second read a card held still, and leave a cheap tablet's processor alone.
const LOOK_EVERY_MS = 250;
const FORMATS = ["qr_code", "code_128", "ean_13", "data_matrix"];

/** `send` an async function of a loyalty code that resolves to an Ack. Dispatches "done" {visit_id}. */
export class Checkin extends LitElement {
  static properties = { send: { attribute: false }, error: { state: true }, busy: { state: true }, looking: { state: true } };

  static styles = [base, controls, css`
    video { inline-size: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: var(--round-m); background: var(--sand); }
    .stack { gap: var(--gap-m); }
  `];

  #stream = null;
  #timer = 0;

  render() {
    return html`<regulars-dialog .heading=${t("checkin.title")} @closed=${this.#stop}>
      <form class="stack" @submit=${this.#submit}>
        <p class="soft">${t("checkin.how")}</p>
        <video ?hidden=${!this.looking} muted playsinline aria-label=${t("checkin.camera")}></video>
        <label class="field"><span>${t("checkin.code")}</span><input name="loyalty" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="80" required aria-describedby="mistake"></label>
        <p id="mistake" class="mistake" role="alert">${this.error ? t(this.error) : nothing}</p>
        ${"BarcodeDetector" in window && !this.looking ? html`<button type="button" @click=${this.#look}>${icon("scan")} ${t("checkin.scan")}</button>` : nothing}
        <button class="primary" ?disabled=${this.busy}>${t("checkin.go")}</button>
      </form>
    </regulars-dialog>`;
  }

  async show() {
    this.error = "";
    await this.updateComplete;
    await this.renderRoot.querySelector("regulars-dialog").show();
    this.renderRoot.querySelector("input").focus();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stop();
  }

  #submit(event) {
    event.preventDefault();
    this.#checkin(new FormData(event.target).get("loyalty").trim());
  }

  async #checkin(loyalty) {
    if (this.busy) return;
    this.busy = true;
    const ack = await this.send(loyalty);
    this.busy = false;
    this.error = ack.ok ? "" : (ack.error || "error.refused");
    if (!ack.ok) return;
    this.renderRoot.querySelector("form").reset();
    this.renderRoot.querySelector("regulars-dialog").close();
    this.dispatchEvent(new CustomEvent("done", { detail: ack.body ?? {} }));
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
    await this.#checkin(found[0].rawValue);
  }

  #stop = () => {
    clearInterval(this.#timer);
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.looking = false;
  };
}

customElements.define("regulars-checkin", Checkin);
