// The language of the page and everything that depends on it: texts, numbers, prices, ages.
// One catalogue per language, the same keys in each; a missing key shows itself instead of breaking a page.

import { nowS } from "./clock.js";

const LANGUAGES = ["de", "en"];

// Dates and figures as in Europe: 3/4 is no day in March here, and a shop's clock has 24 hours.
const LOCALES = { de: "de-DE", en: "en-GB" };

export const language = chosen();
export const locale = LOCALES[language];
const catalogue = await (await fetch(import.meta.resolve(`/display/shared/messages.${language}.json`))).json();
const plurals = new Intl.PluralRules(language);
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const shortDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });

document.documentElement.lang = language;
const page = document.documentElement.dataset.page;
if (page && catalogue[`${page}.title`]) document.title = catalogue[`${page}.title`];

/** The text of `key`; `{name}` takes params.name, and params.count chooses between key.one and key.other. */
export function t(key, params = {}) {
  const text = catalogue[key] ?? catalogue[`${key}.${plurals.select(Number(params.count ?? 0))}`] ?? catalogue[`${key}.other`];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (params[name] === undefined ? "" : String(params[name])));
}

export const has = (key) => catalogue[key] !== undefined;

/** A word of a closed list (category.coat, colour.navy); what the catalogue does not know is shown as the shop wrote it. */
export function word(list, value) {
  return catalogue[`${list}.${value}`] ?? value;
}

/** All ways in which the shop's articles may write a word that was typed: itself, and the keys of colours and kinds that
    begin with it in this language ("blau" -> "blau", "light-blue"). */
export function waysOf(typed) {
  const begins = typed.toLocaleLowerCase(language);
  const keys = Object.keys(catalogue).filter((key) => /^(colour|category)\./.test(key) && catalogue[key].toLocaleLowerCase(language).split(/[^\p{L}]+/u).some((own) => own.startsWith(begins)));
  return [typed, ...keys.map((key) => key.slice(key.indexOf(".") + 1))].slice(0, 12);
}

/** A wire Line as text. `products` finds the article of a product_id on the same card; with a parameter left empty the
    shorter form is said. */
export function line(said, products = () => undefined) {
  const params = { ...said?.params };
  if (params.product !== undefined) params.product = nameOf(products(params.product)) || params.product;
  if (params.when !== undefined) params.when = ago(params.when);
  for (const list of ["category", "colour", "language", "size", "tier"]) {
    if (params[list] !== undefined) params[list] = word(list, params[list]);
  }
  if (params.minutes !== undefined) params.count = params.minutes;
  const lacking = Object.values(params).includes("") && has(`${said.key}.short`);
  if (lacking) return t(`${said.key}.short`, params);
  return said && (has(said.key) || has(`${said.key}.other`)) ? t(said.key, params) : t("line.unknown");
}

/** The product's name in this language. */
export function nameOf(item) {
  return item ? (item.name?.[language] ?? item.name?.de ?? "") : "";
}

export function price(cents, currency = "EUR") {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(cents / 100);
}

/** "vor 3 Tagen" / "3 days ago" of a unix instant in seconds. */
export function ago(unixS) {
  const seconds = unixS - nowS();
  for (const [unit, size] of [["year", 31_557_600], ["month", 2_629_800], ["week", 604_800], ["day", 86_400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return t("time.now");
}

export const clock = (unixS) => time.format(new Date(unixS * 1000));
// Day and month stay on one line.
export const dayMonth = (unixS) => shortDay.format(new Date(unixS * 1000)).replaceAll(" ", "\u00a0");
export const date = (unixS) => day.format(new Date(unixS * 1000));
export const minutesSince = (unixS) => Math.max(0, Math.floor((nowS() - unixS) / 60));

/** The same address in the other language. */
export function otherLanguage() {
  const address = new URL(location.href);
  const other = LANGUAGES.find((known) => known !== language);
  address.searchParams.set("lang", other);
  return { href: `${address.pathname}${address.search}${address.hash}`, lang: other };
}

function chosen() {
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("lang");
  const served = root.dataset.lang === "auto" ? null : root.lang;
  const wanted = [asked, served, ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase());
  return wanted.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}
