// node check.mjs ../vectors: runs every vector that needs no memory. Prints a count for each file; exit 1 on a miss.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as rst1 from "./rst1.mjs";

const folder = process.argv[2];
const octets = (hex) => (hex === "-" ? new Uint8Array() : new Uint8Array(Buffer.from(hex, "hex")));
const hex = (value) => (value === null || value.length === 0 ? "-" : Buffer.from(value).toString("hex"));

function rows(name) {
  const [head, ...lines] = readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
  const columns = head.split("\t");
  return lines.map((line) => Object.fromEntries(line.split("\t").map((value, index) => [columns[index], value])));
}

function token(row) {
  const [store, unixS, flags] = [row.store, row.unix, row.flags].map(Number);
  const key = rst1.dayKey(octets(row.secret), store, unixS, Number(row.epoch));
  const body = rst1.bodyAt(key, unixS, flags, Number(row.tx_power_dbm));
  const challenge = rst1.parseChallenge(octets(row.challenge));
  const tag = rst1.tagAt(key, unixS);
  const found = {
    day_key: hex(key),
    hour_block: hex(rst1.hourBlock(key, unixS)),
    body: hex(body),
    nonce: hex(challenge.nonce),
    response: hex(rst1.response(key, challenge, flags, tag)),
    ack: hex(rst1.acknowledged(key, challenge, rst1.response(key, challenge, flags, tag))),
  };
  if (row.adv_service16 !== "-") {
    found.adv_service16 = hex(rst1.serviceData16(body));
    found.adv_service128 = hex(rst1.serviceData128(body));
    found.adv_ios_foreground = hex(rst1.iosForeground(body));
  }
  return Object.entries(found).every(([name, value]) => row[name] === value);
}

function heard(row) {
  const [store, epoch, now] = [row.store, row.epoch, row.now].map(Number);
  return String(rst1.recognised(octets(row.secret), store, epoch, now, octets(row.body)) ?? "-") === row.mode;
}

function answer(row) {
  const challenge = rst1.parseChallenge(octets(row.challenge));
  return hex(rst1.acknowledged(octets(row.day_key), challenge, octets(row.response))) === row.ack;
}

function acknowledgement(row) {
  const goesOn = rst1.goesOn(octets(row.day_key), octets(row.nonce), octets(row.tag), octets(row.ack));
  return goesOn === (row.goes_on === "yes");
}

const checks = { "tokens.tsv": token, "air.tsv": heard, "answers.tsv": answer, "acks.tsv": acknowledgement };
let missed = 0;
for (const [name, check] of Object.entries(checks)) {
  const all = rows(name);
  const wrong = all.filter((row) => !check(row));
  missed += wrong.length + (all.length === 0 ? 1 : 0);
  console.log(`${name} ${all.length - wrong.length}/${all.length}`);
  for (const row of wrong.slice(0, 3)) console.error(`missed in ${name}: ${JSON.stringify(row)}`);
}
process.exit(missed === 0 ? 0 : 1);
