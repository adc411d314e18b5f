// RST1 from the phone's side, and what a store checks: HMAC-SHA256 and integers, nothing else.
// Runs in Node; where `node:crypto` is missing (React Native, a browser), replace `hmac` and keep the rest.
// Octets are Uint8Array, instants unix seconds (UTC). Layouts: ../RST1.md.

import { createHmac, timingSafeEqual } from "node:crypto";

export const DAY_S = 86_400;
export const HOUR_S = 3_600;
export const QUARTER_S = 900;
export const SERVICE_UUID = "6f1d0f2c-9a33-4d1e-8c5b-7a2e1f3d4c5b";
const VERSION = 1;
const IOS_PREFIX = Uint8Array.from([0x52, 0x53, 0x54, 0x31, 0x00, 0x01]);
const AD_FLAGS = Uint8Array.from([0x02, 0x01, 0x1a]);

const hmac = (key, ...parts) => {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
};
const ascii = (text) => new TextEncoder().encode(text);
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const u16 = (number) => Uint8Array.from([(number >>> 8) & 0xff, number & 0xff]);
// `>>>` reads the number as unsigned: store numbers and instants use all 32 bits.
const u32 = (number) => Uint8Array.from([24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff));
const same = (ours, theirs) => ours.length === theirs.length && timingSafeEqual(ours, theirs);

/** SK, 16 octets. The phone makes it from Kc; a store receives it and never sees Kc. */
export function dayKey(secret, store, unixS, epoch) {
  return hmac(secret, ascii("RST1 day"), u32(store), u32(Math.floor(unixS / DAY_S)), u16(epoch)).subarray(0, 16);
}

/** B_h, 32 octets: the four tags of the hour. */
export function hourBlock(key, unixS) {
  return hmac(key, ascii("RST1 hour"), u32(Math.floor(unixS / HOUR_S)));
}

export function tagAt(key, unixS) {
  const quarter = Math.floor(unixS / QUARTER_S) % 4;
  return hourBlock(key, unixS).subarray(8 * quarter, 8 * quarter + 8);
}

/** The ten octets on air. `flags` 0..15, its two low bits the mode wished; `txPowerDbm` -128..127. */
export function bodyAt(key, unixS, flags, txPowerDbm) {
  return joined([(VERSION << 4) | flags], tagAt(key, unixS), [txPowerDbm & 0xff]);
}

export const serviceData16 = (body) => joined(AD_FLAGS, [13, 0x16, 0xf0, 0xff], body);

export function serviceData128(body) {
  const uuid = Uint8Array.from(Buffer.from(SERVICE_UUID.replaceAll("-", ""), "hex"));
  return joined(AD_FLAGS, [27, 0x21], uuid.reverse(), body);
}

export const iosForeground = (body) => joined(AD_FLAGS, [17, 0x07], joined(IOS_PREFIX, body).reverse());

/** The UUID an iPhone in the foreground advertises: prefix and body. */
export function iosServiceUuid(body) {
  const digits = Buffer.from(joined(IOS_PREFIX, body)).toString("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** {store, unixS, nonce} of a CHAL, or null: then the phone hangs up. */
export function parseChallenge(octets) {
  if (octets.length !== 17 || octets[0] !== VERSION) return null;
  const view = new DataView(octets.buffer, octets.byteOffset);
  return { store: view.getUint32(1), unixS: view.getUint32(5), nonce: octets.slice(9) };
}

/** RESP. `tag` is the phone's own at this moment, `flags` the mode it wishes. */
export function response(key, challenge, flags, tag) {
  const head = joined([(VERSION << 4) | flags], tag);
  return joined(head, responseMac(key, challenge, head));
}

function responseMac(key, { store, unixS, nonce }, head) {
  return hmac(key, ascii("RST1 rsp"), nonce, u32(store), u32(unixS), head).subarray(0, 8);
}

const ackMac = (key, nonce, tag) => hmac(key, ascii("RST1 ack"), nonce, tag).subarray(0, 8);

/** The phone's last question: is this the store? Anything but true means hang up and say nothing more here. */
export const goesOn = (key, nonce, tag, ack) => same(ackMac(key, nonce, tag), ack);

// --- what the store does, so that the negative vectors can be run ---

/** The mode bits of a body that is this member's now, or null. */
export function recognised(secret, store, epoch, nowS, body) {
  if (body.length !== 10 || body[0] >> 4 !== VERSION) return null;
  const around = [nowS - QUARTER_S, nowS, nowS + QUARTER_S];
  const tags = around.map((unixS) => tagAt(dayKey(secret, store, unixS, epoch), unixS));
  return tags.some((tag) => same(tag, body.subarray(1, 9))) ? body[0] & 3 : null;
}

/** ACK to a right RESP, or null. That the nonce is fresh, unused and this connection's is checked beside it. */
export function acknowledged(key, challenge, octets) {
  if (octets.length !== 17 || octets[0] >> 4 !== VERSION) return null;
  const head = octets.subarray(0, 9);
  if (!same(responseMac(key, challenge, head), octets.subarray(9))) return null;
  return ackMac(key, challenge.nonce, octets.subarray(1, 9));
}
