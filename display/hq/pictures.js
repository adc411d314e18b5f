// Pictures of the articles: those that lack one first, a file chosen or dropped for each, sent one after the other as head
// office takes them.

import { LitElement, css, html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";

import "../shared/dialog.js";
import { icon } from "../shared/icons.js";
import { locale, nameOf, t, word } from "../shared/i18n.js";
import { itemStyles, picture } from "../shared/item.js";
import { base, controls } from "../shared/styles.js";
import { look } from "./look.js";

// Typing pauses this long between words, as in the shop's own search.
const PAUSE_MS = 250;
// Head office reads one picture at a time, a quarter of a second each: who is told to wait tries again for this long.
const AGAIN_MS = 1_000;
const TRIES = 8;
// Head office looks through 2,000 articles for one answer; a rare word in a large catalogue takes several. After so many
// somebody is asked whether to go on.
const ROUNDS = 25;
const TYPES = ["image/jpeg", "image/png", "image/webp"];
// What head office's web server says before the picture is looked at.
const BY_STATUS = { 408: "error.picture_slow", 413: "error.picture_long" };
const number = new Intl.NumberFormat(locale);

/** `office` an Office whose caller may write the catalogue. */
export class Pictures extends LitElement {
  static properties = { office: { attribute: false }, articles: { state: true }, next: { state: true }, counts: { state: true }, work: { state: true }, over: { state: true }, going: { state: true }, error: { state: true }, said: { state: true } };

  static styles = [base, controls, itemStyles, look, css`
    .articles { display: grid; gap: var(--gap-m); grid-template-columns: repeat(auto-fill, minmax(min(25rem, 100%), 1fr)); }
    .article { grid-template-columns: 7rem minmax(0, 1fr); padding: var(--gap-m); border-style: solid; }
    .article[data-over] { border-color: var(--pine); box-shadow: 0 0 0 3px var(--pine); }
    .article .stack { gap: .3rem; align-content: start; block-size: 100%; grid-template-rows: auto auto auto 1fr; }
    .article .actions { align-self: end; margin-block-start: var(--gap-s); } .article .actions button { flex: 1 1 auto; padding-inline: .7rem; font-size: .9375rem; }
    progress { inline-size: 100%; block-size: .75rem; accent-color: var(--pine); }
    .bare { color: var(--honey); font-weight: 600; }
  `];

  #words = "";
  #timer = 0;
  #asked = 0;
  #queue = Promise.resolve();

  constructor() {
    super();
    this.articles = null;
    this.work = new Map();
  }

  connectedCallback() {
    super.connectedCallback();
    for (const event of ["dragover", "drop"]) addEventListener(event, missed);
    this.#load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    for (const event of ["dragover", "drop"]) removeEventListener(event, missed);
  }

  render() {
    return html`<section class="stack"><h2>${t("hq.pictures")}</h2><p class="soft">${this.counts ? this.#counted(this.counts) : nothing} ${t("hq.pictures_how")}</p>
        <form class="line" role="search" @submit=${(event) => { event.preventDefault(); this.#search(); }}><label class="field"><span>${t("hq.pictures_field")}</span>
          <input type="search" name="words" maxlength="120" autocomplete="off" spellcheck="false" placeholder=${t("hq.pictures_hint")} @input=${() => this.#soon()}></label></form>
        <p class="unseen" role="status">${this.said ?? nothing}</p>
        ${this.error ? html`<p class="mistake" role="alert">${t(this.error)}</p>` : nothing}</section>
      ${this.articles === null ? html`<p class="soft" role="status">${t("opening")}</p>` : this.#list(this.articles)}
      ${this.next ? html`<div><button class="more" @click=${() => this.#load(this.next)}>${t(this.articles.length ? "hq.pictures_more" : "hq.pictures_on")}</button></div>` : nothing}
      <regulars-dialog .heading=${t("hq.picture_sure")}><div class="stack"><p>${t("hq.picture_sure_what", { name: nameOf(this.going) })}</p>
        <button class="warm" @click=${() => this.#delete()}>${t("hq.picture_delete_go")}</button></div></regulars-dialog>`;
  }

  #counted({ without, count }) {
    return without ? t("hq.pictures_without", { count: without, without: number.format(without), all: number.format(count) }) : t("hq.pictures_all", { all: number.format(count), count });
  }

  #list(articles) {
    if (!articles.length && !this.next) return html`<p class="soft" role="status">${t(this.#words ? "search.none" : "hq.pictures_none")}</p>`;
    return html`<ul class="articles">${repeat(articles, (one) => one.product_id, (one) => this.#article(one))}</ul>`;
  }

  #article(article) {
    const id = article.product_id;
    const work = this.work.get(id);
    return html`<li class="sheet article" data-id=${id} ?data-over=${this.over === id} @dragover=${(event) => this.#hover(event, id)} @dragleave=${(event) => this.#leave(event)} @drop=${(event) => this.#drop(event, article)}>
      ${picture(article, { size: 480 })}
      <div class="stack"><span class="name">${nameOf(article)}</span><span class="small soft">${article.brand} · ${word("colour", article.colour)}</span><span class="ref soft">${id}</span>
        ${work ? this.#progress(work, article) : html`<span class="small bare">${article.image ? nothing : t("hq.picture_lacking")}</span>`}
        <input type="file" accept=${TYPES.join(",")} hidden @change=${(event) => this.#choose(event, article)}>
        <div class="actions"><button class=${article.image ? "" : "primary"} data-do="choose" ?disabled=${isBusy(work)} @click=${(event) => event.currentTarget.closest("li").querySelector("input").click()}>${t(article.image ? "hq.picture_other" : "hq.picture_choose")}<span class="unseen"> ${nameOf(article)}</span></button>
          ${article.image ? html`<button class="quiet" data-do="delete" ?disabled=${isBusy(work)} @click=${() => this.#ask(article)}>${t("hq.picture_delete")}<span class="unseen"> ${nameOf(article)}</span></button>` : nothing}</div></div></li>`;
  }

  #progress(work, article) {
    if (work.error) return html`<span class="small mistake" role="alert">${t(work.error)}</span>`;
    if (work.done) return html`<span class="small here row">${icon("check", 16)} ${t("hq.picture_done")}</span>`;
    const label = t(work.waits ? "hq.picture_waits" : work.share < 1 ? "hq.picture_sending" : "hq.picture_reading");
    // Without a value the bar says "under way": how long head office reads is not known.
    return html`<label class="small soft">${label}<progress aria-label=${`${label} ${nameOf(article)}`} max="1" value=${work.share > 0 && work.share < 1 ? work.share : nothing}></progress></label>`;
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), PAUSE_MS);
  }

  #search() {
    clearTimeout(this.#timer);
    this.#words = this.renderRoot.querySelector("input[name=words]").value.trim();
    this.#load();
  }

  async #load(after = "") {
    const asked = (this.#asked += 1);
    const shown = after ? this.articles : [];
    let answer;
    for (let round = 0; round < ROUNDS; round += 1) {
      answer = await this.office.ask("GET", `/v1/products?${new URLSearchParams({ words: this.#words, after: answer?.body.next ?? after })}`);
      if (asked !== this.#asked) return;
      if (!answer.ok || answer.body.articles.length || !answer.body.next) break;
    }
    this.error = answer.ok ? "" : answer.error;
    if (answer.ok) this.#show(shown, answer.body);
  }

  #show(shown, { articles, next, without, count, largest }) {
    this.articles = [...shown, ...articles.filter((one) => !shown.some((other) => other.product_id === one.product_id))];
    Object.assign(this, { next, counts: { without, count, largest } });
  }

  #hover(event, id) {
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.over = id;
  }

  #leave(event) {
    if (!event.currentTarget.contains(event.relatedTarget)) this.over = null;
  }

  #drop(event, article) {
    event.preventDefault();
    this.over = null;
    const files = [...event.dataTransfer.files];
    if (isBusy(this.work.get(article.product_id))) return;
    if (files.length === 1) this.#send(article, files[0]);
    else this.#note(article, { error: "hq.picture_one" });
  }

  #choose(event, article) {
    const [file] = event.target.files;
    // The same file once more is a change too.
    event.target.value = "";
    if (file) this.#send(article, file);
  }

  #send(article, file) {
    if (file.size > this.counts.largest) {
      this.#note(article, { error: "error.picture_long" });
      return;
    }
    this.#note(article, { waits: true });
    this.#queue = this.#queue.then(() => this.#upload(article, file));
  }

  async #upload(article, file) {
    const path = `/v1/pictures?${new URLSearchParams({ product_id: article.product_id })}`;
    let answer;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      this.#note(article, { share: 0 });
      answer = await this.office.send(path, file, (share) => this.#note(article, { share }));
      if (answer.status !== 429) break;
      await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
    }
    if (answer.ok) this.#become(article, answer.body.image, { done: true });
    else this.#note(article, { error: BY_STATUS[answer.status] ?? answer.error });
  }

  #ask(article) {
    this.going = article;
    this.renderRoot.querySelector("regulars-dialog").show();
  }

  async #delete() {
    const article = this.going;
    const answer = await this.office.ask("DELETE", `/v1/pictures?${new URLSearchParams({ product_id: article.product_id })}`);
    this.renderRoot.querySelector("regulars-dialog").close();
    if (!answer.ok) {
      this.#note(article, { error: answer.error });
      return;
    }
    this.#become(article, null, null);
    await this.updateComplete;
    [...this.renderRoot.querySelectorAll("li")].find((row) => row.dataset.id === article.product_id)?.querySelector("[data-do=choose]").focus();
  }

  /** The article shows `image` now; it keeps its place in the list, so that nothing moves under a finger. */
  #become(article, image, work) {
    const bare = Number(!image) - Number(!this.articles.find((one) => one.product_id === article.product_id)?.image);
    this.counts = { ...this.counts, without: this.counts.without + bare };
    this.articles = this.articles.map((one) => (one.product_id === article.product_id ? { ...one, image } : one));
    this.said = t(image ? "hq.picture_said" : "hq.picture_gone", { name: nameOf(article) });
    this.#note(article, work);
  }

  #note(article, work) {
    this.work = new Map(this.work).set(article.product_id, work);
  }
}

const isBusy = (work) => Boolean(work && !work.error && !work.done);

/** A file that was let go beside an article: the browser would leave the page for it. */
function missed(event) {
  event.preventDefault();
}

customElements.define("regulars-hq-pictures", Pictures);
