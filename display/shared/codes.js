// What a camera sees as text: read by the browser where it can (Android, ChromeOS, macOS), else by zxing-cpp, which is
// fetched from this same address when it is first needed (iPads, Windows, Firefox) and works without a network then.

// What loyalty cards and apps show, as the browser's reader and as zxing-cpp call them.
const FORMATS = { qr_code: "QRCode", code_128: "Code128", ean_13: "EAN13", data_matrix: "DataMatrix" };
// A card held before the lens fills half of this: enough for a bar of an EAN, and a cheap tablet reads it in 0.1 s.
const WIDTH = 960;
const WASM = new URL("../vendor/zxing-wasm/reader/zxing_reader.wasm", import.meta.url);
// A megabyte over the shop's own Wi-Fi, where it is poor.
const FETCHED_WITHIN_MS = 20_000;

/** A function of a playing video that resolves to the first code's text, "" for none. Rejects when no reader can be had. */
export async function codeReader() {
  return (await reads()) ? own() : fetched();
}

/** A browser may have the interface and, for want of what it needs beneath, no format: then it would never see a thing. */
async function reads() {
  if (!("BarcodeDetector" in window)) return false;
  const formats = await window.BarcodeDetector.getSupportedFormats().catch(() => []);
  return Object.keys(FORMATS).every((format) => formats.includes(format));
}

function own() {
  const detector = new window.BarcodeDetector({ formats: Object.keys(FORMATS) });
  return async (video) => (await detector.detect(video).catch(() => []))[0]?.rawValue ?? "";
}

async function fetched() {
  const { prepareZXingModule, readBarcodes } = await import("../vendor/zxing-wasm/es/reader/index.js");
  const answer = await fetch(WASM, { signal: AbortSignal.timeout(FETCHED_WITHIN_MS) });
  if (!answer.ok) throw new Error("the reader was not there");
  await prepareZXingModule({ overrides: { wasmBinary: await answer.arrayBuffer() }, fireImmediately: true });
  const canvas = document.createElement("canvas");
  const paint = canvas.getContext("2d", { willReadFrequently: true });
  const options = { formats: Object.values(FORMATS), maxNumberOfSymbols: 1 };
  return async (video) => {
    if (!video.videoWidth) return "";
    canvas.width = Math.min(WIDTH, video.videoWidth);
    canvas.height = Math.round((canvas.width * video.videoHeight) / video.videoWidth);
    paint.drawImage(video, 0, 0, canvas.width, canvas.height);
    const found = await readBarcodes(paint.getImageData(0, 0, canvas.width, canvas.height), options);
    return found.find((code) => code.isValid)?.text ?? "";
  };
}
