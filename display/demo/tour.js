// The six steps: which are done, what to do now. Ticks come from what was observed, never from a click.

import { LitElement, css, html } from "lit";

import { icon } from "../shared/icons.js";
import { t } from "../shared/i18n.js";
import { base, controls } from "../shared/styles.js";

/** `steps` [{id, done}] in order, ids arrive tablet screen phone invisible plug; texts are tour.<id> and tour.<id>.how.
    Dispatches "again". */
export class Tour extends LitElement {
  static properties = { steps: { attribute: false } };

  static styles = [base, controls, css`
    :host { display: grid; gap: var(--gap-m); }
    ol { display: grid; grid-template-columns: repeat(6, 1fr); gap: .4rem; }
    li { display: grid; gap: .3rem; align-content: start; font-size: var(--size-s); line-height: 1.25; color: var(--ink-soft); border-block-start: 4px solid var(--line); padding-block-start: .45rem; }
    li[data-done] { border-color: var(--pine); color: var(--ink); } li[aria-current="step"] { border-color: var(--clay); color: var(--ink); font-weight: 650; }
    .mark { display: inline-flex; gap: .3rem; align-items: center; font-weight: 700; } li[data-done] .mark { color: var(--pine); }
    .now { display: grid; grid-template-columns: 1fr auto; gap: var(--gap-m); align-items: center; }
    .now p:last-child { font: 600 var(--size-l)/1.3 var(--serif); }
    @media (max-width: 40rem) { ol { grid-template-columns: repeat(3, 1fr); } .now { grid-template-columns: 1fr; } }
  `];

  render() {
    const steps = this.steps ?? [];
    const now = steps.find((step) => !step.done);
    return html`<div class="now"><div role="status"><p class="eyebrow">${now ? t("tour.now", { step: steps.indexOf(now) + 1, steps: steps.length }) : t("tour.over")}</p>
      <p>${now ? t(`tour.${now.id}.how`) : t("tour.over.how")}</p></div>
      <button @click=${() => this.dispatchEvent(new Event("again"))}>${t("tour.again")}</button></div>
    <ol aria-label=${t("tour.steps")}>${steps.map((step, index) => html`<li data-step=${step.id} ?data-done=${step.done} aria-current=${step === now ? "step" : "false"}>
      <span class="mark">${step.done ? html`${icon("check", 16)}<span class="unseen">${t("tour.done")}</span>` : index + 1}</span>${t(`tour.${step.id}`)}</li>`)}</ol>`;
  }
}

customElements.define("regulars-tour", Tour);
